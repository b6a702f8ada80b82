#include "local/runner_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/log.h"
#include "local/runner_keys.h"

namespace mimar::local {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Between SIGTERM and SIGKILL, for a pod that is over its time.
constexpr milliseconds kPodGrace{5000};

/// Whoever kills the spawner more often means it.
constexpr int kMostRevivals = 3;

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
      gpus_(options_.gpus),
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
      revive_spawner();
      return;
    case kForkControlKey:
    case kForkSocketKey:
      return read_fork_server();
    default:
      break;
  }
  // An event of a trial that ended by an earlier one of the same batch finds nothing.
  const auto replica = replicas_.find(key / kKeysPerReplica);
  if (replica == replicas_.end()) return;
  const auto channel = static_cast<Channel>(key % kKeysPerReplica);
  if (channel == Channel::kControl) {
    read_control(*replica->second);
  } else {
    read_pipe(*replica->second, channel);
  }
}

/// Makes a new spawner in the place of one that was killed. False, and said to all, when that
/// happens too often: whoever notices first, a trial that was to start or the socket.
bool RunnerLoop::revive_spawner() {
  if (!spawner_->is_gone()) return true;  // told of one that has been replaced
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, spawner_->socket(), nullptr);
  if (quitting_ || ++num_revivals_ > kMostRevivals) {
    output_.spawner_gone();
    return false;
  }
  try {
    spawner_->restart();
    watch(spawner_->socket(), kSpawnerKey);
  } catch (const Error& error) {
    log_warn("no new spawner", {{"error", error.what()}});
    output_.spawner_gone();
    return false;
  }
  output_.note("the process that starts trials was killed; another takes its place");
  return true;
}

void RunnerLoop::take_requests() {
  for (RunnerRequest& request : requests_->take_all()) {
    if (auto* plan = std::get_if<TrialPlan>(&request)) {
      if (!quitting_) waiting_.push_back(std::move(*plan));
    } else if (const auto* stop = std::get_if<StopRequest>(&request)) {
      start_waiting();  // what was launched before it has started
      request_stop(stop->trial, stop->why);
    } else if (const auto* parallel = std::get_if<ParallelRequest>(&request)) {
      start_waiting();
      divide_anew(parallel->trials);
    } else {
      quit();
    }
  }
  start_waiting();
}

int RunnerLoop::timeout_ms() const {
  std::optional<SteadyTime> next;
  const auto look_at = [&next](const std::optional<SteadyTime>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const auto& [id, trial] : running_) {
    if (!trial->is_decided()) look_at(trial->deadline);
    if (is_limited(*trial)) look_at(memory_watch_.next());
  }
  for (const auto& [key, replica] : replicas_) {
    for (const auto& time :
         {replica->kill_at, replica->read_at, replica->restart_at, replica->deadline}) {
      look_at(time);
    }
  }
  if (!next) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*next - steady_clock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, milliseconds{60'000}).count());
}

void RunnerLoop::on_timers() {
  const SteadyTime now = steady_clock::now();
  // What a timer does may end a trial, so the lists are not walked along while it does.
  std::vector<std::uint64_t> late;
  for (const auto& [id, trial] : running_) {
    if (trial->deadline && *trial->deadline <= now && !trial->is_decided()) late.push_back(id);
  }
  for (const std::uint64_t id : late) {
    RunningTrial& trial = *running_.at(id);
    trial.controller.deadline_passed(clock_.now());
    stop_trial(trial, experiment::StopReason::kTimeout);
  }
  if (memory_watch_.next() <= now) watch_memory();
  std::vector<std::uint64_t> due;
  for (const auto& [key, replica] : replicas_) {
    const auto is_due = [now](const std::optional<SteadyTime>& time) {
      return time && *time <= now;
    };
    if (is_due(replica->kill_at) || is_due(replica->read_at) || is_due(replica->restart_at) ||
        is_due(replica->deadline)) {
      due.push_back(key);
    }
  }
  for (const std::uint64_t key : due) {
    if (const auto found = replicas_.find(key); found != replicas_.end()) {
      on_replica_timers(*found->second, now);
    }
  }
}

void RunnerLoop::on_replica_timers(Replica& replica, SteadyTime now) {
  if (replica.read_at && *replica.read_at <= now) read_sources(replica);
  if (replica.kill_at && *replica.kill_at <= now) {
    replica.kill_at.reset();
    fork_server_.signal(replica.trial->plan.trial, SIGKILL);
  }
  if (replica.deadline && *replica.deadline <= now) {
    replica.deadline.reset();
    replica.is_late = true;
    replica.output.note("the pod was active longer than its activeDeadlineSeconds");
    if (replica.is_alive && !replica.wait_status) end_tree(replica, kPodGrace);
  }
  if (replica.restart_at && *replica.restart_at <= now) {
    replica.restart_at.reset();
    if (replica.trial->controller.awaits(replica.index)) start_attempt(replica);
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
  if (trial.is_decided()) return;  // it has ended by itself, or ends already
  // The only process has ended, and its tree is about to: its own end counts.
  const bool has_ended = std::all_of(trial.replicas.begin(), trial.replicas.end(),
                                     [](const std::unique_ptr<Replica>& replica) {
                                       return replica->is_alive && replica->wait_status.has_value();
                                     });
  if (!has_ended) stop_trial(trial, why);
}

void RunnerLoop::stop_trial(RunningTrial& trial, experiment::StopReason why) {
  trial.stopped = why;
  end_rest(trial);
  conclude(trial);
}

void RunnerLoop::end_tree(Replica& replica, milliseconds grace) {
  if (!replica.in_fork_server) {
    agent::send_control(
        replica.control.get(),
        {.kind = agent::ControlKind::kStop, .value = static_cast<int>(grace.count()), .detail = 0});
    return;
  }
  fork_server_.signal(replica.trial->plan.trial, grace.count() > 0 ? SIGTERM : SIGKILL);
  replica.kill_at = steady_clock::now() + grace;
}

void RunnerLoop::quit() {
  quitting_ = true;
  waiting_.clear();
  std::vector<std::uint64_t> ids;
  for (const auto& [id, trial] : running_) {
    trial->stopped = experiment::StopReason::kExperimentDone;
    for (const auto& replica : trial->replicas) {
      replica->restart_at.reset();
      if (replica->is_alive) end_tree(*replica, milliseconds{0});
    }
    ids.push_back(id);
  }
  for (const std::uint64_t id : ids) conclude(*running_.at(id));  // those that wait to restart
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
