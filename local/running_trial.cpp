#include "local/running_trial.h"

#include <sys/wait.h>

#include <algorithm>

#include "base/error.h"

namespace mimar::local {
namespace {

using State = experiment::JobVerdict::State;

std::string stop_message(experiment::StopReason why) {
  switch (why) {
    case experiment::StopReason::kExperimentDone:
      return "stopped: the experiment has ended";
    case experiment::StopReason::kStoppedByUser:
      return "stopped by the user";
    case experiment::StopReason::kKilledByUser:
      return "killed by the user";
    case experiment::StopReason::kEarlyStopped:
      return "stopped early";
    case experiment::StopReason::kTimeout:
      return "stopped: ran longer than its limit";
    case experiment::StopReason::kStalled:
      return "stopped: no report within the stall limit";
  }
  return "stopped";
}

/// What the job itself says of its end; used where no replica's end explains it.
std::string job_message(const RunningTrial& trial) {
  std::string text = trial.verdict.reason;
  if (!trial.verdict.message.empty()) {
    text += text.empty() ? trial.verdict.message : ": " + trial.verdict.message;
  }
  return text.empty() ? "the failureCondition holds" : text;
}

std::string message_of(const RunningTrial& trial, const Replica& decider) {
  if (trial.stopped) return stop_message(*trial.stopped);
  if (trial.failure) return *trial.failure;
  const bool succeeded = trial.verdict.state == State::kSucceeded;
  if (!succeeded && exit_code_of(decider).value_or(0) == 0) return job_message(trial);
  const std::string& name = trial.plan.replicas[decider.index].name;
  const std::string end = describe_end(decider);
  std::string message = succeeded || name.empty() ? end : concat(name, ": ", end);
  if (!succeeded && trial.controller.limit_passed()) {
    message += "; " + trial.controller.message();
  }
  return message;
}

}  // namespace

bool RunningTrial::has_live_replica() const noexcept {
  return std::any_of(replicas.begin(), replicas.end(),
                     [](const auto& replica) { return replica->is_alive; });
}

const Replica& RunningTrial::primary() const {
  const auto found = std::find_if(plan.replicas.begin(), plan.replicas.end(),
                                  [](const ReplicaPlan& replica) { return replica.reports; });
  check(found != plan.replicas.end(), "one replica reports the metrics");
  return *replicas[static_cast<std::size_t>(found - plan.replicas.begin())];
}

experiment::TrialExited describe_exit(const RunningTrial& trial, TimePoint now) {
  const Replica& decider = trial.decider ? *trial.replicas[*trial.decider] : trial.primary();
  experiment::TrialExited exit{
      .trial_name = trial.plan.trial,
      .time = now,
      .succeeded = !trial.stopped && !trial.failure && trial.verdict.state == State::kSucceeded,
      .exit_code = {},
      .signal = {},
      .stopped = trial.stopped,
      .message = message_of(trial, decider)};
  if (decider.wait_status) {
    if (WIFEXITED(*decider.wait_status)) exit.exit_code = WEXITSTATUS(*decider.wait_status);
    if (WIFSIGNALED(*decider.wait_status)) exit.signal = WTERMSIG(*decider.wait_status);
  }
  return exit;
}

}  // namespace mimar::local
