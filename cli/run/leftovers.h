#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string_view>
#include <vector>

namespace mimar::cli {

/// Processes alive that belong to an experiment's trials: those started with a MIMAR_TRIAL_DIR
/// below the experiment's folder.
std::vector<pid_t> find_trial_processes(const std::filesystem::path& state_dir,
                                        std::string_view experiment);

/// Waits until an earlier run's trials are gone. When a run is killed its guardians end them at
/// once, but "at once" takes a moment on a busy machine, and a trial must not run beside its own
/// repetition.
/// Errors: kAborted, with the processes, when some still live after `patience`.
void wait_for_leftovers(const std::filesystem::path& state_dir, std::string_view experiment,
                        std::chrono::milliseconds patience);

}  // namespace mimar::cli
