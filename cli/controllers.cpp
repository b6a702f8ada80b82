#include "cli/controllers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/child_program.h"
#include "experiment/store/artifacts.h"
#include "service/katib/external_sampler.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;
namespace ex = experiment;

fs::path get_program() {
  const std::optional<fs::path> program = find_program(kControllerProgram);
  if (!program) {
    fail(ErrorCode::kNotFound, "the algorithm needs the program ", kControllerProgram,
         ", which is neither beside mimar nor in PATH; it is built where LibTorch is, and comes "
         "with the package mimar-train");
  }
  return *program;
}

/// The file of the controller to start from; empty when the experiment starts from none.
fs::path reused_file(Context& context, const ex::Experiment& experiment) {
  const std::string reuse = experiment.spec.controller ? experiment.spec.controller->reuse : "";
  if (reuse.empty()) return {};
  std::string digest = context.store().pin_controller(experiment.uid, "");
  if (digest.empty()) {
    digest = context.store().pin_controller(experiment.uid, get_controller(context, reuse).digest);
  }
  const ex::ArtifactStore artifacts(context.state_dir());
  artifacts.get(digest);  // it is there, and whole
  return artifacts.path(digest);
}

}  // namespace

std::unique_ptr<ex::SuggestionProvider> make_provider(Context& context,
                                                      const ex::Experiment& experiment) {
  if (!experiment.spec.algorithm.endpoint.empty()) {
    return ex::make_provider_with(experiment, service::make_external_sampler(experiment));
  }
  if (!hpo::runs_in_own_program(experiment.spec.algorithm.name)) {
    return ex::make_sampler_provider(experiment);
  }
  return ex::make_provider(
      experiment, {.program = get_program(),
                   .cache = controller_cache(context, experiment.uid),
                   .reuse = reused_file(context, experiment),
                   .freeze = experiment.spec.controller && experiment.spec.controller->freeze});
}

ex::SavedController save_controller(Context& context, const ex::Experiment& experiment,
                                    ex::SuggestionProvider& provider, const std::string& name) {
  const ex::ControllerName parsed = ex::parse_controller_name(name);
  require(!parsed.version, "a version is given by saving; leave @", parsed.version.value_or(0),
          " out");
  ex::ControllerSampler* const controller = provider.controller();
  if (controller == nullptr) {
    fail(ErrorCode::kFailedPrecondition, "experiment \"", experiment.name,
         "\" has no controller: ", experiment.spec.algorithm.name, " trains no policy network");
  }
  const hpo::History history = context.store().load_history(experiment.uid);
  const auto trials = history.trials();
  if (std::ranges::none_of(trials, [](const auto& trial) { return is_final(trial.state); })) {
    fail(ErrorCode::kFailedPrecondition, "no trial of experiment \"", experiment.name,
         "\" has finished: its controller has learned nothing");
  }
  const fs::path file = context.state_dir() / concat("controller-", experiment.uid, ".tmp");
  controller->save(history, file,
                   {{"experiment", experiment.name},
                    {"experimentUid", experiment.uid},
                    {"objective", experiment.spec.objectives.front().metric_name}});
  const std::string bytes = [&] {
    std::ifstream in(file, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  }();
  fs::remove(file);
  return context.store().add_controller(
      {.name = parsed.name,
       .digest = ex::ArtifactStore(context.state_dir()).put(bytes),
       .bytes = static_cast<std::int64_t>(bytes.size()),
       .created_at = context.clock().now(),
       .experiment = experiment.name,
       .experiment_uid = experiment.uid});
}

ex::SavedController get_controller(Context& context, const std::string& name) {
  const ex::ControllerName parsed = ex::parse_controller_name(name);
  const std::vector<ex::SavedController> all = context.store_to_read().list_controllers();
  if (const auto found = ex::find_controller(all, parsed)) return *found;
  std::vector<std::string> names;
  std::string versions;
  for (const ex::SavedController& controller : all) {
    names.push_back(controller.name);
    if (controller.name == parsed.name) {
      versions += concat(versions.empty() ? "" : ", ", controller.version);
    }
  }
  if (!versions.empty()) {
    fail(ErrorCode::kNotFound, "controller \"", parsed.name, "\" has no version ",
         parsed.version.value_or(0), "; it has ", versions);
  }
  const auto nearest = find_nearest_name(parsed.name, names);
  fail(ErrorCode::kNotFound, "no controller is named \"", parsed.name, "\"",
       nearest ? concat("; did you mean \"", *nearest, "\"?")
               : "; `mimar controllers list` shows those there are");
}

std::string full_name(const ex::SavedController& controller) {
  return concat(controller.name, '@', controller.version);
}

fs::path controller_cache(Context& context, const std::string& experiment_uid) {
  return context.state_dir() / "controllers" / experiment_uid;
}

void drop_artifact(Context& context, const std::string& digest) {
  if (digest.empty()) return;
  const std::vector<ex::SavedController> all = context.store().list_controllers();
  const std::vector<std::string> pinned = context.store().list_pinned_controllers();
  const bool needed =
      std::ranges::any_of(all, [&](const auto& one) { return one.digest == digest; }) ||
      std::ranges::find(pinned, digest) != pinned.end();
  if (!needed) ex::ArtifactStore(context.state_dir()).remove(digest);
}

}  // namespace mimar::cli
