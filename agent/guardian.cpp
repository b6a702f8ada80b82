#include "agent/guardian.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "agent/command_start.h"
#include "agent/control.h"
#include "agent/isolation.h"
#include "agent/page_poller.h"
#include "agent/process_plan.h"
#include "agent/process_tree.h"
#include "agent/trial_network.h"
#include "base/error.h"

namespace mimar::agent {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How often a dying tree is looked at again: a process may have forked in between.
constexpr milliseconds kKillInterval{20};
/// The same while a companion may still go on.
constexpr milliseconds kPatientInterval{200};

class Guardian {
 public:
  Guardian(FileDescriptor control, ProcessPlan plan, std::vector<FileDescriptor> passed)
      : control_(std::move(control)), plan_(std::move(plan)), passed_(std::move(passed)) {
    child_signal_ = make_child_signal();
  }

  void run() {
    if (!start()) return;
    while (true) {
      reap();
      if (nothing_left_) return;
      if (command_ended_ && state_ == State::kRunning) begin_to_end(plan_.grace);
      if (state_ == State::kEnding && SteadyClock::now() >= deadline_) state_ = State::kKilling;
      if (state_ == State::kKilling) signal_descendants(SIGKILL, spared());
      wait();
    }
  }

 private:
  enum class State { kRunning, kEnding, kKilling };

  /// True when there is a tree to watch over, if only to end it.
  bool start() {
    if (plan_.makes_hub) return make_hub();
    std::vector<int> passed;
    for (const FileDescriptor& fd : passed_) passed.push_back(fd.get());
    if (!plan_.isolation.empty()) {
      std::span<const int> hub;
      if (plan_.hub >= 0) {
        hub = std::span<const int>(passed).subspan(static_cast<std::size_t>(plan_.hub));
      }
      if (const int error = isolate(plan_.isolation, hub); error != 0) {
        return not_started(StartStep::kIsolation, error);
      }
    }
    const auto started = start_command(plan_, passed);
    if (const auto* failure = std::get_if<StartFailure>(&started)) {
      return not_started(failure->step, failure->error_number);
    }
    command_ = std::get<pid_t>(started);
    if (!plan_.companion.program.empty() && !start_companion(passed)) {
      state_ = State::kKilling;
    } else {
      tell(ControlKind::kStarted, command_, ::getpid());
    }
    if (!plan_.page.host.empty() && static_cast<std::size_t>(plan_.page.output) < passed.size()) {
      const int output = passed[static_cast<std::size_t>(plan_.page.output)];
      start_function(output, [&] { poll_page(plan_.page, output); });
    }
    passed_.clear();  // so that the pipes close when the command's side does
    return true;
  }

  /// The owner gets the network's descriptors, and keeps it with them.
  bool make_hub() {
    try {
      std::vector<int> hub;
      const std::vector<FileDescriptor> made = make_network_hub();
      for (const FileDescriptor& fd : made) hub.push_back(fd.get());
      send_descriptors(control_.get(), hub);
      return false;
    } catch (const std::system_error& error) {
      return not_started(StartStep::kIsolation, error.code().value());
    }
  }

  bool not_started(StartStep step, int error_number) {
    tell(ControlKind::kNotStarted, static_cast<int>(step), error_number);
    return false;
  }

  bool start_companion(std::span<const int> passed) {
    ProcessPlan plan = plan_;
    plan.program = plan_.companion.program;
    plan.argv = plan_.companion.argv;
    plan.environment = plan_.companion.environment;
    plan.environment.push_back("MIMAR_COMMAND_PID=" + std::to_string(command_));
    const auto started = start_command(plan, passed);
    if (const auto* failure = std::get_if<StartFailure>(&started)) {
      return not_started(StartStep::kCompanion, failure->error_number);
    }
    companion_ = std::get<pid_t>(started);
    return true;
  }

  /// A companion that may still go on: a collector reads what the command has left.
  std::vector<pid_t> spared() const {
    const bool is_patient = companion_ != 0 && SteadyClock::now() < companion_deadline_;
    return is_patient ? std::vector<pid_t>{companion_} : std::vector<pid_t>{};
  }

  void tell(ControlKind kind, int value, int detail = 0) {
    send_control(control_.get(), {.kind = kind, .value = value, .detail = detail});
  }

  void reap() {
    while (true) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid == command_) {
        command_ended_ = true;
        companion_deadline_ = SteadyClock::now() + plan_.companion.patience;
        tell(ControlKind::kEnded, status);
      }
      if (pid > 0 && pid == companion_) {
        companion_ = 0;
        tell(ControlKind::kCompanionEnded, status);
      }
      if (pid > 0) continue;
      nothing_left_ = pid < 0 && errno == ECHILD;
      return;
    }
  }

  void begin_to_end(milliseconds grace) {
    const SteadyClock::time_point deadline = SteadyClock::now() + grace;
    deadline_ = state_ == State::kEnding ? std::min(deadline_, deadline) : deadline;
    if (state_ == State::kRunning) state_ = State::kEnding;
    signal_descendants(SIGTERM, spared());
    signal_descendants(SIGCONT, spared());  // one that is stopped could not end
  }

  void wait() {
    std::array<pollfd, 2> fds{pollfd{.fd = child_signal_.get(), .events = POLLIN, .revents = 0},
                              pollfd{.fd = control_.get(), .events = POLLIN, .revents = 0}};
    if (!control_) fds[1].fd = -1;
    if (::poll(fds.data(), fds.size(), timeout()) <= 0) return;
    if (fds[0].revents != 0) {
      signalfd_siginfo info;
      while (::read(child_signal_.get(), &info, sizeof info) > 0) {
      }
    }
    if (fds[1].revents != 0) read_control();
  }

  int timeout() const {
    if (state_ == State::kRunning) return -1;
    if (state_ == State::kKilling) {
      return static_cast<int>((spared().empty() ? kKillInterval : kPatientInterval).count());
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - SteadyClock::now());
    return static_cast<int>(std::max(left, milliseconds{0}).count());
  }

  void read_control() {
    ControlPacket packet;
    switch (receive_control(control_.get(), packet)) {
      case ControlState::kNothingYet:
        return;
      case ControlState::kClosed:  // the owner is gone
        control_.reset();
        companion_deadline_ = {};
        state_ = State::kKilling;
        return;
      case ControlState::kPacket:
        if (packet.kind == ControlKind::kStop) companion_deadline_ = {};
        if (packet.kind == ControlKind::kStop && state_ != State::kKilling) {
          begin_to_end(milliseconds{packet.value});
        }
        return;
    }
  }

  FileDescriptor control_;
  FileDescriptor child_signal_;
  ProcessPlan plan_;
  std::vector<FileDescriptor> passed_;
  pid_t command_ = 0;
  pid_t companion_ = 0;
  SteadyClock::time_point companion_deadline_;  // until then the companion may outlive the command
  bool command_ended_ = false;
  bool nothing_left_ = false;
  State state_ = State::kRunning;
  SteadyClock::time_point deadline_;
};

}  // namespace

void run_guardian(std::vector<FileDescriptor> descriptors) noexcept {
  // A signal from a terminal or to a group of processes must not reach the trial past its owner;
  // and only SIGKILL, which nothing can help, may end a guardian before its tree.
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "mimar-guardian");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  int control = -1;
  try {
    check(descriptors.size() >= 2, "a guardian gets a control socket and a plan");
    control = descriptors[0].get();
    ProcessPlan plan = decode_plan(read_memory_file(descriptors[1].get()));
    FileDescriptor socket = std::move(descriptors[0]);
    descriptors.erase(descriptors.begin(), descriptors.begin() + 2);
    Guardian(std::move(socket), std::move(plan), std::move(descriptors)).run();
  } catch (const std::exception&) {  // no memory, or a plan that we wrote wrongly
    send_control(control, {.kind = ControlKind::kNotStarted,
                           .value = static_cast<int>(StartStep::kPlan),
                           .detail = errno != 0 ? errno : EINVAL});
  }
  ::_exit(0);
}

}  // namespace mimar::agent
