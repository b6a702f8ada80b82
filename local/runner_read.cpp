// Reading what replicas do: the middle of a trial's life in RunnerLoop.

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

/// How often files that a trial writes are looked at.
constexpr std::chrono::milliseconds kSourceInterval{300};

}  // namespace

bool RunnerLoop::read_once(Replica& replica, Channel channel,
                           std::vector<experiment::Observation>& reported) {
  FileDescriptor& pipe = channel == Channel::kOutput    ? replica.output_pipe
                         : channel == Channel::kMetrics ? replica.metrics_pipe
                                                        : replica.page_pipe;
  if (!pipe) return false;
  const ssize_t size = ::read(pipe.get(), buffer_.data(), buffer_.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
  if (size <= 0) {
    pipe.reset();  // closed by all writers; epoll forgets it
    return false;
  }
  if (!replica.runs) command_started(replica);  // what it writes may be faster than its guardian
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
  if (channel == Channel::kOutput) {
    replica.output.add_output(bytes, clock_.now(), reported);
  } else if (channel == Channel::kPages) {
    replica.output.add_pages(bytes, clock_.now(), reported);
  } else {
    replica.output.add_metrics(bytes, clock_.now(), reported);
  }
  return true;
}

void RunnerLoop::read_pipe(Replica& replica, Channel channel) {
  // One piece at a time: a trial that writes without end does not keep others waiting.
  std::vector<experiment::Observation> reported;
  read_once(replica, channel, reported);
  report(replica, std::move(reported));
}

void RunnerLoop::read_sources(Replica& replica) {
  std::vector<experiment::Observation> reported;
  replica.output.read_source(clock_.now(), reported);
  report(replica, std::move(reported));
  replica.read_at = std::chrono::steady_clock::now() + kSourceInterval;
}

void RunnerLoop::report(const Replica& replica, std::vector<experiment::Observation> reported) {
  if (reported.empty() || replica.trial->told_exit) return;
  tell(experiment::TrialReported{.trial_name = replica.trial->plan.trial,
                                 .observations = std::move(reported)});
}

void RunnerLoop::read_control(Replica& replica) {
  while (true) {
    agent::ControlPacket packet;
    switch (agent::receive_control(replica.control.get(), packet)) {
      case agent::ControlState::kNothingYet:
        return;
      case agent::ControlState::kClosed:
        return attempt_ended(replica);
      case agent::ControlState::kPacket:
        break;
    }
    if (packet.kind == agent::ControlKind::kStarted) {
      replica.root = {.pid = packet.detail, .counts = false};
      keep_to_share(replica);  // cores may have been divided anew since it was to start
      command_started(replica);
    }
    if (packet.kind == agent::ControlKind::kCompanionEnded && packet.value != 0) {
      replica.output.note(
          concat("the custom collector ended with ", describe_status(packet.value)));
    }
    if (packet.kind == agent::ControlKind::kEnded) replica.wait_status = packet.value;
    if (packet.kind == agent::ControlKind::kNotStarted) {
      const auto step = static_cast<agent::StartStep>(packet.value);
      replica.no_start =
          describe_no_start(replica.trial->plan.replicas[replica.index], step, packet.detail);
    }
  }
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
  Replica& replica = *trial.replicas.front();
  if (!replica.in_fork_server) return;
  if (const auto* started = std::get_if<ForkStarted>(&reply.what)) {
    replica.root = {.pid = started->pid, .counts = true};
    keep_to_share(replica);
    return command_started(replica);
  }
  if (const auto* exited = std::get_if<ForkExited>(&reply.what)) {
    replica.wait_status = exited->wait_status;
    return attempt_ended(replica);
  }
  if (replica.runs) return;  // a signal that came too late
  note_once(concat("the fork server refused a trial, which runs without it: ",
                   std::get<ForkRefused>(reply.what).message));
  trial.plan.replicas.front().suits_fork_server = false;
  if (trial.stopped) return attempt_ended(replica);
  start_attempt(replica);
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
  for (const auto& [key, replica] : replicas_) {
    if (replica->is_alive && replica->in_fork_server) orphans.push_back(key);
  }
  for (const std::uint64_t key : orphans) {
    Replica& replica = *replicas_.at(key);
    if (replica.runs || replica.trial->stopped) {
      replica.no_start = "the fork server was killed, and the trial with it";
      attempt_ended(replica);
    } else {
      start_attempt(replica);  // by a new server, or without one
    }
  }
}

}  // namespace mimar::local
