#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"
#include "experiment/experiment.h"
#include "experiment/store/store.h"

namespace mimar::cli {

struct DriveOptions {
  std::optional<std::chrono::milliseconds> timeout = {};
  bool require_goal = false;
};

/// Runs an experiment in the foreground until it ends or is stopped, shows it, and writes the
/// summary. `prepare` is called under the experiment's lock, with the store open, to create or
/// reopen the experiment.
///
/// Starts processes before anything else: the store must not be open yet.
/// Errors: kAborted when another process runs the experiment; what `prepare`, the store and the
/// algorithm throw.
ExitCode drive(Context& context, const experiment::Experiment& experiment,
               const std::function<void(experiment::Store&)>& prepare, const DriveOptions& options);

/// Which exit code an experiment's end stands for. `signal` is the one that stopped it, or 0.
ExitCode exit_code_of(const experiment::StoredExperiment& stored,
                      const std::vector<experiment::Trial>& trials, const DriveOptions& options,
                      int signal);

}  // namespace mimar::cli
