#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/control.h"
#include "base/file_descriptor.h"
#include "experiment/trial_runner.h"
#include "local/trial_output.h"
#include "local/trial_plan.h"

namespace mimar::local {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A trial between its launch and its exit, as the runner's loop keeps it.
struct RunningTrial {
  std::uint64_t id = 0;
  TrialPlan plan;
  int slot = 0;
  TrialOutput output;
  FileDescriptor output_pipe;
  FileDescriptor metrics_pipe;
  FileDescriptor page_pipe;
  FileDescriptor control;  // to its guardian; none when it runs in the fork server
  bool in_fork_server = false;
  bool told_start = false;              // TrialStarted went out
  bool runs = false;                    // this attempt's command has started
  std::optional<int> wait_status;       // of the command, once it has ended
  std::optional<std::string> no_start;  // why it did not start
  std::optional<experiment::StopReason> stopped;
  std::optional<SteadyTime> deadline;  // activeDeadlineSeconds
  std::optional<SteadyTime> read_at;   // when files are to be looked at again
  std::optional<SteadyTime> kill_at;   // end of the grace, for trials in the fork server
  int attempt = 1;
};

/// How a trial ended, for its TrialExited.
experiment::TrialExited describe_exit(const RunningTrial& trial, TimePoint now);

/// A wait status in words: "exit code 3", "signal 9 (SIGKILL)".
std::string describe_status(int wait_status);

/// Why a command did not start: `cannot start "foo": No such file or directory`.
std::string describe_no_start(const TrialPlan& plan, agent::StartStep step, int error_number);

}  // namespace mimar::local
