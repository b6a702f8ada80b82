#include "local/runner_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "local/runner_keys.h"

namespace mimar::local {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Between SIGTERM and SIGKILL, when a trial is stopped.
constexpr milliseconds kStopGrace{5000};

constexpr std::size_t kBufferBytes = std::size_t{1} << 16U;
constexpr int kMaxEvents = 64;

}  // namespace

RunnerLoop::RunnerLoop(RunnerLoopOptions options, agent::Spawner& spawner, RequestQueue& requests,
                       RunnerLoopOutput output)
    : options_(std::move(options)),
      spawner_(&spawner),
      requests_(&requests),
      output_(std::move(output)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      null_(::open("/dev/null", O_WRONLY | O_CLOEXEC)),
      fork_server_(spawner, options_.environment, options_.fork_server_log),
      buffer_(kBufferBytes) {
  if (!epoll_ || !null_) fail_errno("cannot make the runner's descriptors");
  watch(requests.descriptor(), kRequestsKey);
  watch(spawner.socket(), kSpawnerKey);
}

void RunnerLoop::run() {
  while (!quitting_ || !running_.empty() || fork_server_.control() >= 0) poll_once();
}

void RunnerLoop::poll_once() {
  std::array<epoll_event, kMaxEvents> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), kMaxEvents, timeout_ms());
  if (count < 0 && errno != EINTR) fail_errno("cannot wait for trials");
  for (int i = 0; i < count; ++i) on_ready(events[static_cast<std::size_t>(i)].data.u64);
  on_timers();
}

void RunnerLoop::on_ready(std::uint64_t key) {
  switch (key) {
    case kRequestsKey:
      return take_requests();
    case kSpawnerKey:  // it never writes: it is gone
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, spawner_->socket(), nullptr);
      return output_.spawner_gone();
    case kForkControlKey:
    case kForkSocketKey:
      return read_fork_server();
    default:
      break;
  }
  // An event of a trial that ended by an earlier one of the same batch finds nothing.
  const auto trial = running_.find(key / kKeysPerTrial);
  if (trial == running_.end()) return;
  const auto channel = static_cast<Channel>(key % kKeysPerTrial);
  if (channel == Channel::kControl) {
    read_control(*trial->second);
  } else {
    read_pipe(*trial->second, channel);
  }
}

void RunnerLoop::take_requests() {
  for (RunnerRequest& request : requests_->take_all()) {
    if (auto* plan = std::get_if<TrialPlan>(&request)) {
      if (!quitting_) waiting_.push_back(std::move(*plan));
    } else if (const auto* stop = std::get_if<StopRequest>(&request)) {
      start_waiting();  // what was launched before it has started
      request_stop(stop->trial, stop->why);
    } else {
      quit();
    }
  }
  start_waiting();
}

int RunnerLoop::timeout_ms() const {
  std::optional<SteadyTime> next;
  for (const auto& [id, trial] : running_) {
    for (const auto& time :
         {trial->stopped ? std::nullopt : trial->deadline, trial->kill_at, trial->read_at}) {
      if (time && (!next || *time < *next)) next = time;
    }
  }
  if (!next) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*next - steady_clock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, milliseconds{60'000}).count());
}

void RunnerLoop::on_timers() {
  for (const auto& [id, trial] : running_) {
    if (!trial->deadline && !trial->kill_at && !trial->read_at) continue;
    const SteadyTime now = steady_clock::now();
    if (trial->read_at && *trial->read_at <= now) read_sources(*trial);
    if (trial->deadline && *trial->deadline <= now && !trial->stopped && !trial->wait_status) {
      trial->stopped = experiment::StopReason::kTimeout;
      end_tree(*trial, kStopGrace);
    }
    if (trial->kill_at && *trial->kill_at <= now) {
      trial->kill_at.reset();
      fork_server_.signal(trial->plan.trial, SIGKILL);
    }
  }
}

void RunnerLoop::request_stop(const std::string& name, experiment::StopReason why) {
  const auto waiting = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const TrialPlan& plan) { return plan.trial == name; });
  if (waiting != waiting_.end()) {
    waiting_.erase(waiting);
    return exit_unstarted(name, why, "stopped before it started");
  }
  const auto id = ids_.find(name);
  if (id == ids_.end()) return;
  RunningTrial& trial = *running_.at(id->second);
  if (trial.wait_status || trial.stopped) return;  // it has ended by itself, or ends already
  trial.stopped = why;
  end_tree(trial, kStopGrace);
}

void RunnerLoop::end_tree(RunningTrial& trial, milliseconds grace) {
  if (!trial.in_fork_server) {
    agent::send_control(
        trial.control.get(),
        {.kind = agent::ControlKind::kStop, .value = static_cast<int>(grace.count()), .detail = 0});
    return;
  }
  fork_server_.signal(trial.plan.trial, grace.count() > 0 ? SIGTERM : SIGKILL);
  trial.kill_at = steady_clock::now() + grace;
}

void RunnerLoop::quit() {
  quitting_ = true;
  waiting_.clear();
  for (const auto& [id, trial] : running_) {
    trial->stopped = experiment::StopReason::kExperimentDone;
    end_tree(*trial, milliseconds{0});
  }
  fork_server_.kill();
}

void RunnerLoop::exit_unstarted(const std::string& trial,
                                std::optional<experiment::StopReason> stopped,
                                std::string message) {
  tell(experiment::TrialExited{.trial_name = trial,
                               .time = clock_.now(),
                               .succeeded = false,
                               .exit_code = {},
                               .signal = {},
                               .stopped = stopped,
                               .message = std::move(message)});
}

void RunnerLoop::watch(int fd, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    fail_errno("cannot watch a descriptor");
  }
}

void RunnerLoop::tell(experiment::TrialEvent event) {
  if (!quitting_) output_.event(std::move(event));
}

void RunnerLoop::note_once(const std::string& text) {
  if (quitting_ || std::find(noted_.begin(), noted_.end(), text) != noted_.end()) return;
  noted_.push_back(text);
  output_.note(text);
}

}  // namespace mimar::local
