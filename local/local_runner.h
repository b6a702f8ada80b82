#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "experiment/trial_runner.h"

namespace mimar::local {

struct LocalRunnerOptions {
  std::filesystem::path state_dir;  // trials/<experiment>/<trial>/ below it: log and artefacts
  int parallel = 1;                 // cores are divided by this
  std::vector<int> cpus = {};       // empty: those this process may use
  std::filesystem::path program_dir = {};  // where mimar-train lies; empty: beside this program
  bool fork_server = true;                 // start `mimar-train` trials by fork, not exec
};

/// Runs trials as process trees on this machine: plain commands and batch/v1 Jobs.
///
/// Every tree hangs below a guardian that ends it when this process dies, however it dies. Cores
/// are divided among the parallel trials (affinity, OMP_NUM_THREADS, OPENBLAS_NUM_THREADS). A
/// trial's output goes to trials/<experiment>/<trial>/log, live; that folder is its
/// MIMAR_TRIAL_DIR. Metrics come from the pipe MIMAR_METRICS_FD and, for StdOut collectors, from
/// the output by Katib's TEXT rules.
class LocalRunner final : public experiment::TrialRunner {
 public:
  /// Must be made before the process starts threads: it forks the spawner.
  explicit LocalRunner(LocalRunnerOptions options);
  ~LocalRunner() override;

  void launch(const experiment::TrialJob& job) override;
  void stop(const std::string& trial_name, experiment::StopReason why) override;
  void watch(experiment::TrialEventSink& sink) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where a trial's log and artefacts lie.
std::filesystem::path trial_dir(const std::filesystem::path& state_dir,
                                const std::string& experiment, const std::string& trial);

}  // namespace mimar::local
