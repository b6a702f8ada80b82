#include "local/engine_inbox.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "base/error.h"

namespace mimar::local {

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets the requests");

EngineInbox::EngineInbox() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) fail_errno("eventfd");
}

void EngineInbox::on_event(experiment::TrialEvent event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  wake();
}

void EngineInbox::request_stop() noexcept {
  stop_requested_ = true;
  wake();
}

void EngineInbox::request_kill() noexcept {
  kill_requested_ = true;
  stop_requested_ = true;
  wake();
}

std::vector<experiment::TrialEvent> EngineInbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

void EngineInbox::wait(std::chrono::milliseconds timeout) {
  pollfd waited{.fd = wake_.get(), .events = POLLIN, .revents = 0};
  if (poll(&waited, 1, static_cast<int>(timeout.count())) <= 0) return;
  std::uint64_t count = 0;
  // Fails only when another wake-up was read at once, which is as good.
  [[maybe_unused]] const auto bytes = read(wake_.get(), &count, sizeof count);
}

void EngineInbox::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the engine wakes anyway.
  [[maybe_unused]] const auto bytes = write(wake_.get(), &one, sizeof one);
}

}  // namespace mimar::local
