#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiment/trial_runner.h"

namespace mimar::local {

struct LocalRunnerOptions {
  std::filesystem::path state_dir;  // trials/<experiment>/<trial>/ below it: log and artefacts
  int parallel = 1;                 // cores are divided by this
  std::vector<int> cpus = {};       // empty: those this process may use
  std::optional<std::vector<std::string>> gpus = {};  // absent: those this process may use
  std::optional<std::int64_t> memory = {};            // bytes; absent: what this process may use
  std::filesystem::path program_dir = {};  // where mimar-train lies; empty: beside this program
  bool namespaces = true;  // keep paths and ports of parallel trials apart where the machine can
  std::chrono::milliseconds restart_delay{1000};  // before a replica starts again
  bool fork_server = true;                        // start `mimar-train` trials by fork, not exec
  // Told of what a user should know once (an image that is not mapped), on any thread; empty: the
  // log.
  std::function<void(const std::string&)> on_note = {};
};

/// Runs trials as process trees on this machine: batch/v1 Jobs and PyTorchJobs.
///
/// Every tree hangs below a guardian that ends it when this process dies, however it dies. Cores
/// are divided among the parallel trials (affinity, OMP_NUM_THREADS, OPENBLAS_NUM_THREADS). A
/// trial's output goes to trials/<experiment>/<trial>/log, live; that folder is its
/// MIMAR_TRIAL_DIR. Metrics come from the pipe MIMAR_METRICS_FD and from what the experiment's
/// collector reads: output, files, event files, a page, a program of the user's.
class LocalRunner final : public experiment::TrialRunner {
 public:
  /// Must be made before the process starts threads: it forks the spawner.
  /// Errors: kInvalidArgument when `parallel` < 1 or `state_dir` is empty; kResourceExhausted.
  explicit LocalRunner(LocalRunnerOptions options);
  /// Kills what still runs, without telling, and returns when it is gone.
  ~LocalRunner() override;

  /// A command that cannot be started is a failed trial, told by TrialExited.
  /// Errors: kFailedPrecondition for a kind of job that needs a cluster and for an image that is
  /// neither mapped nor has its command here; kInvalidArgument for a job without a command, with
  /// replicas that the training operator would refuse, or with a bad metrics filter; kUnavailable
  /// when the process that starts trials was killed.
  void launch(const experiment::TrialJob& job) override;
  /// The tree gets SIGTERM, and SIGKILL 5 seconds later.
  void stop(const std::string& trial_name, experiment::StopReason why) override;
  /// Divides cores and GPUs by another number of trials than the options said. Running trials move
  /// to their new cores; the numbers of threads and the GPUs in their environment stay.
  /// Errors: kInvalidArgument when `trials` < 1.
  void set_parallel(int trials) override;
  /// Events that came before there was a sink are told first. When it returns, no call to an
  /// earlier sink is under way, so that one may go. Not to be called by a sink.
  void watch(experiment::TrialEventSink& sink) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where a trial's log and artefacts lie.
std::filesystem::path trial_dir(const std::filesystem::path& state_dir,
                                const std::string& experiment, const std::string& trial);

/// True for a log that the runner has written into a trial's folder, by its name: "log", or that of
/// a replica such as "worker-0.log".
bool is_runner_log(const std::filesystem::path& file);

}  // namespace mimar::local
