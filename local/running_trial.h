#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiment/job_verdict.h"
#include "experiment/trial_runner.h"
#include "local/gpu_division.h"
#include "local/job_controller.h"
#include "local/replica.h"
#include "local/trial_plan.h"

namespace mimar::local {

/// A trial between its launch and its exit, as the runner's loop keeps it.
struct RunningTrial {
  std::uint64_t id = 0;
  TrialPlan plan;
  int slot = 0;
  GpuIds gpus = {};  // of its own
  JobController controller;
  std::vector<FileDescriptor> network = {};             // of its own; it lives as long as these
  std::vector<std::unique_ptr<Replica>> replicas = {};  // in the order of the plan's
  bool is_starting = false;                             // not all replicas have been tried
  bool told_start = false;                              // TrialStarted went out
  bool told_exit = false;  // TrialExited went out; what still runs may go on
  std::optional<experiment::StopReason> stopped = {};
  std::optional<SteadyTime> deadline = {};  // activeDeadlineSeconds
  std::optional<std::string> failure = {};  // it could not go on, whatever its job's conditions say
  experiment::JobVerdict verdict = {};
  std::optional<std::size_t> decider = {};  // the replica whose end decided

  /// What becomes of the trial is known.
  bool is_decided() const noexcept {
    return stopped || failure || verdict.state != experiment::JobVerdict::State::kUndecided;
  }
  bool has_live_replica() const noexcept;
  /// The first replica that reports metrics.
  const Replica& primary() const;
};

/// How a trial ended, for its TrialExited.
experiment::TrialExited describe_exit(const RunningTrial& trial, TimePoint now);

}  // namespace mimar::local
