#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/context.h"
#include "experiment/store/saved_controller.h"
#include "experiment/suggestion_provider.h"

namespace mimar::cli {

/// The program that trains policy networks.
inline constexpr const char* kControllerProgram = "mimar-controller";

/// Whatever proposes an experiment's trials. For a policy network it finds the program that trains
/// it, and the saved controller to start from: the one that was pinned when the experiment first
/// started, else the one that spec.controller.reuse names now, which is pinned by that.
/// Errors: kNotFound when the program or the controller is not there; what the provider throws.
std::unique_ptr<experiment::SuggestionProvider> make_provider(
    Context& context, const experiment::Experiment& experiment);

/// Saves an experiment's controller as the next version of a name.
/// Errors: kFailedPrecondition when its algorithm has no controller, or no trial has finished.
experiment::SavedController save_controller(Context& context,
                                            const experiment::Experiment& experiment,
                                            experiment::SuggestionProvider& provider,
                                            const std::string& name);

/// The saved controller that a user named.
/// Errors: kNotFound, with the nearest name or the versions there are.
experiment::SavedController get_controller(Context& context, const std::string& name);

/// "fashion-policy@3".
std::string full_name(const experiment::SavedController& controller);

/// Where an experiment's controller keeps its snapshots: a cache that may go at any time.
std::filesystem::path controller_cache(Context& context, const std::string& experiment_uid);

/// Removes the file of a digest when no saved controller and no experiment needs it any more.
void drop_artifact(Context& context, const std::string& digest);

}  // namespace mimar::cli
