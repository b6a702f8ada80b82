#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/control.h"
#include "base/file_descriptor.h"
#include "local/memory_watch.h"
#include "local/replica_plan.h"
#include "local/trial_output.h"

namespace mimar::local {

struct RunningTrial;

using SteadyTime = std::chrono::steady_clock::time_point;

/// One process of a running trial, as the runner's loop keeps it: a pod of a Job, or the master or
/// a worker of a PyTorchJob. It may be started again; each start is an attempt.
struct Replica {
  std::uint64_t key = 0;          // of its epoll events
  RunningTrial* trial = nullptr;  // owns it
  std::size_t index = 0;          // in the plan
  TrialOutput output;

  // Of the attempt under way:
  bool is_alive = false;
  std::size_t part = 0;  // which part of the trial's share of the machine it has
  bool runs = false;     // its command has started
  bool in_fork_server = false;
  FileDescriptor output_pipe = {};
  FileDescriptor metrics_pipe = {};
  FileDescriptor page_pipe = {};
  FileDescriptor control = {};             // to its guardian; none when it runs in the fork server
  std::optional<SteadyTime> read_at = {};  // when files are to be looked at again
  std::optional<SteadyTime> kill_at = {};  // end of the grace, for those in the fork server
  std::optional<SteadyTime> started_at = {};
  std::optional<SteadyTime> deadline = {};  // activeDeadlineSeconds of the pod
  bool is_late = false;                     // it has passed
  ProcessRoot root = {};                    // of its processes, once the command has started
  std::vector<int> cpus = {};               // that they are bound to; empty: not bound

  // Of the last attempt:
  std::optional<int> wait_status = {};       // of the command, once it has ended
  std::optional<std::string> no_start = {};  // why it did not start
  std::optional<MemoryExcess> excess = {};   // what it was killed for

  int lost_starts = 0;  // attempts whose guardian was killed before the command began
  std::optional<SteadyTime> restart_at = {};  // when it starts again
  std::chrono::milliseconds next_delay{0};    // before the start after that
};

/// How its last attempt ended: "exit code 3; last output: ...".
std::string describe_end(const Replica& replica);

/// Its exit code, 128 and the number for a signal; nothing when it did not start or nobody saw how
/// it ended.
std::optional<int> exit_code_of(const Replica& replica);

/// A wait status in words: "exit code 3", "signal 9 (SIGKILL)".
std::string describe_status(int wait_status);

/// Why a command did not start: `cannot start "foo": No such file or directory`.
std::string describe_no_start(const ReplicaPlan& plan, agent::StartStep step, int error_number);

}  // namespace mimar::local
