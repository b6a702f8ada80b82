#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "agent/process_plan.h"
#include "base/file_descriptor.h"

namespace mimar::agent {

/// Starts commands under guardians, through a small single-threaded process of its own: forking
/// that is cheap, and safe whatever threads this process has.
///
/// The process ends with this object, or with this process however it dies. It is a subreaper too:
/// what a guardian leaves behind that was itself killed, it kills.
///
/// Thread safety: none; make it before the process starts threads. (A later fork, by restart(), is
/// made safe by glibc for what the child does: it allocates, and touches nothing else of ours.)
class Spawner {
 public:
  /// Errors: kResourceExhausted when no process can be made.
  Spawner();
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// Starts a guardian for `plan`; `passed` are the descriptors that the plan names. Returns the
  /// owner's end of the control socket (control.h): what becomes of the command is told there, and
  /// closing it kills the tree.
  /// Errors: kUnavailable when the process is gone; kResourceExhausted.
  FileDescriptor start(const ProcessPlan& plan, std::span<const int> passed);

  /// Makes a network in which the replicas of one trial meet (trial_network.h). Plans join it with
  /// its descriptors, the last ones of those they are started with. Waits for it, some
  /// milliseconds. Errors: as start(); kFailedPrecondition when this machine refuses.
  std::vector<FileDescriptor> make_network();

  /// True when the process has ended, or is about to.
  bool is_gone() const noexcept;

  /// Forks the process anew when it is gone. Guardians of the former one go on and end as before.
  /// Errors: kResourceExhausted when no process can be made.
  void restart();

  pid_t pid() const noexcept { return pid_; }

  /// Becomes readable, at its end, when the process is gone; to be polled only.
  int socket() const noexcept { return socket_.get(); }

 private:
  void fork_process();
  void wait_for_end() noexcept;

  FileDescriptor socket_;
  pid_t pid_ = 0;
};

}  // namespace mimar::agent
