#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "base/file_descriptor.h"
#include "experiment/trial_runner.h"

namespace mimar::local {

/// What comes to the engine from outside: the runner's events and the user's requests. The engine
/// sleeps on it.
///
/// Thread safety: full; the request functions may also be called from a signal handler, for all
/// they do is to set a flag and to write to an eventfd.
class EngineInbox final : public experiment::TrialEventSink {
 public:
  EngineInbox();

  void on_event(experiment::TrialEvent event) override;
  void request_stop() noexcept;
  void request_kill() noexcept;

  bool stop_requested() const noexcept { return stop_requested_; }
  bool kill_requested() const noexcept { return kill_requested_; }

  /// All events so far, in order of arrival.
  std::vector<experiment::TrialEvent> take();

  /// Sleeps until something comes in, at most for `timeout`.
  void wait(std::chrono::milliseconds timeout);

 private:
  void wake() noexcept;

  FileDescriptor wake_;
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> kill_requested_{false};
  std::mutex mutex_;
  std::vector<experiment::TrialEvent> events_;  // guarded by mutex_
};

}  // namespace mimar::local
