// Reading what trials do, until they end: the second half of a trial's life in RunnerLoop.

#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/log.h"
#include "local/runner_keys.h"
#include "local/runner_loop.h"

namespace mimar::local {
namespace {

/// More than a pipe can hold: what is left in it when its writers are gone is read with fewer.
constexpr int kMaxDrainReads = 64;

/// How often files that a trial writes are looked at.
constexpr std::chrono::milliseconds kSourceInterval{300};

}  // namespace

bool RunnerLoop::read_once(RunningTrial& trial, Channel channel,
                           std::vector<experiment::Observation>& reported) {
  FileDescriptor& pipe = channel == Channel::kOutput    ? trial.output_pipe
                         : channel == Channel::kMetrics ? trial.metrics_pipe
                                                        : trial.page_pipe;
  if (!pipe) return false;
  const ssize_t size = ::read(pipe.get(), buffer_.data(), buffer_.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
  if (size <= 0) {
    pipe.reset();  // closed by all writers; epoll forgets it
    return false;
  }
  if (!trial.runs) command_started(trial);  // what it writes may be faster than its guardian
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
  if (channel == Channel::kOutput) {
    trial.output.add_output(bytes, clock_.now(), reported);
  } else if (channel == Channel::kPages) {
    trial.output.add_pages(bytes, clock_.now(), reported);
  } else {
    trial.output.add_metrics(bytes, clock_.now(), reported);
  }
  return true;
}

void RunnerLoop::read_pipe(RunningTrial& trial, Channel channel) {
  // One piece at a time: a trial that writes without end does not keep others waiting.
  std::vector<experiment::Observation> reported;
  read_once(trial, channel, reported);
  report(trial, std::move(reported));
}

void RunnerLoop::read_sources(RunningTrial& trial) {
  std::vector<experiment::Observation> reported;
  trial.output.read_source(clock_.now(), reported);
  report(trial, std::move(reported));
  trial.read_at = std::chrono::steady_clock::now() + kSourceInterval;
}

void RunnerLoop::report(const RunningTrial& trial, std::vector<experiment::Observation> reported) {
  if (reported.empty()) return;
  tell(experiment::TrialReported{.trial_name = trial.plan.trial,
                                 .observations = std::move(reported)});
}

void RunnerLoop::read_control(RunningTrial& trial) {
  while (true) {
    agent::ControlPacket packet;
    switch (agent::receive_control(trial.control.get(), packet)) {
      case agent::ControlState::kNothingYet:
        return;
      case agent::ControlState::kClosed:
        return attempt_ended(trial);
      case agent::ControlState::kPacket:
        break;
    }
    if (packet.kind == agent::ControlKind::kStarted) command_started(trial);
    if (packet.kind == agent::ControlKind::kCompanionEnded && packet.value != 0) {
      trial.output.note(concat("the custom collector ended with ", describe_status(packet.value)));
    }
    if (packet.kind == agent::ControlKind::kEnded) trial.wait_status = packet.value;
    if (packet.kind == agent::ControlKind::kNotStarted) {
      const auto step = static_cast<agent::StartStep>(packet.value);
      trial.no_start = describe_no_start(trial.plan, step, packet.detail);
    }
  }
}

void RunnerLoop::command_started(RunningTrial& trial) {
  trial.runs = true;
  if (trial.told_start) return;
  trial.told_start = true;
  if (trial.plan.deadline) {
    trial.deadline = std::chrono::steady_clock::now() + *trial.plan.deadline;
  }
  tell(experiment::TrialStarted{.trial_name = trial.plan.trial, .time = clock_.now()});
}

void RunnerLoop::attempt_ended(RunningTrial& trial) {
  std::vector<experiment::Observation> reported;
  for (const Channel channel : {Channel::kOutput, Channel::kMetrics, Channel::kPages}) {
    for (int i = 0; i < kMaxDrainReads && read_once(trial, channel, reported); ++i) {
    }
  }
  trial.output.finish(clock_.now(), reported);
  report(trial, std::move(reported));
  trial.output_pipe.reset();
  trial.metrics_pipe.reset();
  trial.page_pipe.reset();
  trial.read_at.reset();
  trial.control.reset();
  trial.kill_at.reset();

  const experiment::TrialExited exit = describe_exit(trial, clock_.now());
  if (!exit.succeeded && !exit.stopped &&
      exit.exit_code.has_value() + exit.signal.has_value() > 0 &&
      trial.attempt <= trial.plan.restarts && !quitting_) {
    ++trial.attempt;
    trial.output.note(concat(exit.message, "; the Job's backoffLimit allows attempt ",
                             trial.attempt, " of ", trial.plan.restarts + 1));
    return start_attempt(trial);
  }
  if (!exit.succeeded) trial.output.note(exit.message);
  ids_.erase(trial.plan.trial);
  running_.erase(trial.id);  // `trial` is gone from here on
  tell(exit);
  start_waiting();
}

void RunnerLoop::read_fork_server() {
  while (const std::optional<ForkReply> reply = fork_server_.receive()) on_fork_reply(*reply);
  while (fork_server_.control() >= 0) {
    agent::ControlPacket packet;
    const agent::ControlState state = agent::receive_control(fork_server_.control(), packet);
    if (state == agent::ControlState::kNothingYet) return;
    if (state == agent::ControlState::kClosed) return on_fork_server_end();
  }
}

void RunnerLoop::on_fork_reply(const ForkReply& reply) {
  const auto id = ids_.find(reply.trial);
  if (id == ids_.end()) return;  // of a trial that has ended
  RunningTrial& trial = *running_.at(id->second);
  if (!trial.in_fork_server) return;
  if (std::holds_alternative<ForkStarted>(reply.what)) return command_started(trial);
  if (const auto* exited = std::get_if<ForkExited>(&reply.what)) {
    trial.wait_status = exited->wait_status;
    return attempt_ended(trial);
  }
  if (trial.runs) return;  // a signal that came too late
  note_once(concat("the fork server refused a trial, which runs without it: ",
                   std::get<ForkRefused>(reply.what).message));
  trial.plan.suits_fork_server = false;
  if (trial.stopped) return attempt_ended(trial);
  start_attempt(trial);
}

void RunnerLoop::on_fork_server_end() {
  while (const std::optional<ForkReply> reply = fork_server_.receive()) on_fork_reply(*reply);
  if (!fork_server_.ended()) {
    note_once(
        concat("mimar-train trials start slower than they could: its fork server does not "
               "start (see ",
               options_.fork_server_log.string(), ")"));
  }
  std::vector<std::uint64_t> orphans;
  for (const auto& [id, trial] : running_) {
    if (trial->in_fork_server) orphans.push_back(id);
  }
  for (const std::uint64_t id : orphans) {
    RunningTrial& trial = *running_.at(id);
    if (trial.runs || trial.stopped) {
      trial.no_start = "the fork server was killed, and the trial with it";
      attempt_ended(trial);
    } else {
      start_attempt(trial);  // by a new server, or without one
    }
  }
}

}  // namespace mimar::local
