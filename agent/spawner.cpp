#include "agent/spawner.h"

#include <fcntl.h>
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
#include <optional>
#include <utility>
#include <vector>

#include "agent/control.h"
#include "agent/guardian.h"
#include "agent/process_tree.h"
#include "base/error.h"

namespace mimar::agent {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How long guardians have to end their trees once the owner is gone, before all is killed.
constexpr std::chrono::seconds kGuardianGrace{2};
constexpr int kSweepIntervalMs = 20;

/// The life of the spawner's process.
class SpawnerProcess {
 public:
  explicit SpawnerProcess(FileDescriptor socket) : socket_(std::move(socket)) {
    child_signal_ = make_child_signal();
  }

  void run() {
    while (true) {
      reap();
      if (!socket_ && nothing_left_) return;
      sweep();
      wait();
    }
  }

 private:
  void wait() {
    std::array<pollfd, 2> fds{
        pollfd{.fd = child_signal_.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = socket_ ? socket_.get() : -1, .events = POLLIN, .revents = 0}};
    if (::poll(fds.data(), fds.size(), sweeping_ || !socket_ ? kSweepIntervalMs : -1) <= 0) return;
    if (fds[0].revents != 0) {
      signalfd_siginfo info;
      while (::read(child_signal_.get(), &info, sizeof info) > 0) {
      }
    }
    if (fds[1].revents == 0) return;
    if (auto descriptors = receive_descriptors(socket_.get())) {
      fork_guardian(std::move(*descriptors));
    } else {  // the owner is gone; guardians learn it by themselves
      socket_.reset();
      deadline_ = SteadyClock::now() + kGuardianGrace;
    }
  }

  void fork_guardian(std::vector<FileDescriptor> descriptors) {
    const pid_t child = ::fork();
    if (child == 0) {
      socket_.reset();
      child_signal_.reset();
      run_guardian(std::move(descriptors));
    }
    if (child > 0) {
      guardians_.push_back(child);
    } else if (!descriptors.empty()) {
      send_control(descriptors.front().get(), {.kind = ControlKind::kNotStarted,
                                               .value = static_cast<int>(StartStep::kFork),
                                               .detail = errno});
    }
  }

  void reap() {
    while (true) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid <= 0) {
        nothing_left_ = pid < 0 && errno == ECHILD;
        return;
      }
      const auto guardian = std::find(guardians_.begin(), guardians_.end(), pid);
      if (guardian == guardians_.end()) continue;  // left by a guardian that was killed
      guardians_.erase(guardian);
      if (WIFSIGNALED(status)) sweeping_ = true;
    }
  }

  /// Kills what hangs below us without a guardian; past the deadline, everything.
  void sweep() {
    if (deadline_ && SteadyClock::now() >= *deadline_) {
      signal_descendants(SIGKILL);
    } else if (sweeping_) {
      sweeping_ = signal_descendants(SIGKILL, guardians_) > 0;
    }
  }

  FileDescriptor socket_;
  FileDescriptor child_signal_;
  std::vector<pid_t> guardians_;
  bool nothing_left_ = false;
  bool sweeping_ = false;
  std::optional<SteadyClock::time_point> deadline_;
};

/// Leaves everything of the parent behind but one socket.
FileDescriptor keep_only(FileDescriptor socket) {
  constexpr int kPlace = 3;
  constexpr int kOutOfTheWay = 64;
  const int parked = ::fcntl(socket.get(), F_DUPFD, kOutOfTheWay);
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  ::dup2(parked, kPlace);
  ::fcntl(kPlace, F_SETFD, FD_CLOEXEC);
  static_cast<void>(socket.release());
  ::close_range(kPlace + 1, ~0U, 0);
  return FileDescriptor(kPlace);
}

[[noreturn]] void run_spawner(FileDescriptor socket) noexcept {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "mimar-spawner");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  try {
    SpawnerProcess(keep_only(std::move(socket))).run();
  } catch (const std::exception&) {  // out of memory or descriptors: guardians go on by themselves
  }
  ::_exit(0);
}

}  // namespace

Spawner::Spawner() { fork_process(); }

void Spawner::fork_process() {
  auto [mine, other] = make_packet_sockets();
  pid_ = ::fork();
  if (pid_ < 0) fail_errno("cannot fork the process that starts trials");
  if (pid_ == 0) {
    mine.reset();
    run_spawner(std::move(other));
  }
  socket_ = std::move(mine);
}

Spawner::~Spawner() { wait_for_end(); }

bool Spawner::is_gone() const noexcept {
  pollfd end{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return !socket_ || ::poll(&end, 1, 0) > 0;  // it never writes
}

void Spawner::restart() {
  wait_for_end();
  fork_process();
}

void Spawner::wait_for_end() noexcept {
  socket_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

FileDescriptor Spawner::start(const ProcessPlan& plan, std::span<const int> passed) {
  auto [mine, guardian] = make_packet_sockets();
  const FileDescriptor file = make_memory_file(encode(plan));
  std::vector<int> descriptors{guardian.get(), file.get()};
  descriptors.insert(descriptors.end(), passed.begin(), passed.end());
  send_descriptors(socket_.get(), descriptors);
  return std::move(mine);
}

std::vector<FileDescriptor> Spawner::make_network() {
  ProcessPlan plan;
  plan.makes_hub = true;
  const FileDescriptor guardian = start(plan, {});
  std::optional<std::vector<FileDescriptor>> hub = receive_descriptors(guardian.get());
  if (!hub) fail(ErrorCode::kUnavailable, "the process that starts trials is gone");
  if (hub->empty()) {
    fail(ErrorCode::kFailedPrecondition,
         "cannot make a network for the trial's replicas: this machine refuses it");
  }
  return std::move(*hub);
}

}  // namespace mimar::agent
