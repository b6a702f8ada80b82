#include "cli/run/stop_signals.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>

#include "base/error.h"

namespace mimar::cli {
namespace {

// What the handler reads and writes. It may use only what is lock-free and async-signal-safe.
std::atomic<local::Engine*> the_engine{nullptr};
std::atomic<int> num_presses{0};
std::atomic<int> signal_that_came_first{0};
static_assert(std::atomic<local::Engine*>::is_always_lock_free);
static_assert(std::atomic<int>::is_always_lock_free);

constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};

[[noreturn]] void exit_now() {
  constexpr std::string_view kLastWords =
      "\x1b[?25h\nending at once; running trials end with this process and run again on resume\n";
  constexpr std::string_view kPlainLastWords =
      "ending at once; running trials end with this process and run again on resume\n";
  const std::string_view words = isatty(STDERR_FILENO) != 0 ? kLastWords : kPlainLastWords;
  if (write(STDERR_FILENO, words.data(), words.size()) < 0) {
    // Nobody listens; there is nothing else to do.
  }
  _exit(128 + signal_that_came_first.load());
}

void on_signal(int signal) {
  const int saved_errno = errno;
  int none = 0;
  signal_that_came_first.compare_exchange_strong(none, signal);
  const int presses = num_presses.fetch_add(signal == SIGINT ? 1 : 2) + (signal == SIGINT ? 1 : 2);
  if (presses >= (signal == SIGINT ? 3 : 4)) exit_now();
  if (local::Engine* engine = the_engine.load()) {
    if (presses >= 2) {
      engine->request_kill();
    } else {
      engine->request_stop();
    }
  }
  errno = saved_errno;
}

}  // namespace

StopSignals::StopSignals(local::Engine& engine) {
  check(the_engine.load() == nullptr, "one StopSignals stands at a time");
  num_presses = 0;
  signal_that_came_first = 0;
  the_engine = &engine;
  for (const int signal : kSignals) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    // One handler at a time, so that exactly the third press is the third.
    for (const int other : kSignals) sigaddset(&action.sa_mask, other);
    struct sigaction former {};
    if (sigaction(signal, &action, &former) != 0) fail_errno("sigaction");
    former_.emplace_back(signal, former);
  }
}

StopSignals::~StopSignals() {
  for (const auto& [signal, former] : former_) sigaction(signal, &former, nullptr);
  the_engine = nullptr;
}

int StopSignals::presses() noexcept { return num_presses.load(); }

int StopSignals::first_signal() noexcept { return signal_that_came_first.load(); }

}  // namespace mimar::cli
