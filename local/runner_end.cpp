// Ends of replicas and trials: the second half of a trial's life in RunnerLoop.

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "local/runner_loop.h"

namespace mimar::local {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// More than a pipe can hold: what is left in it when its writers are gone is read with fewer.
constexpr int kMaxDrainReads = 64;

/// Between SIGTERM and SIGKILL, when a trial is stopped.
constexpr milliseconds kStopGrace{5000};

/// A start that was lost with the spawner is tried again so often.
constexpr int kMostLostStarts = 3;

/// What ended without telling how, while its job was ended: as if by SIGKILL.
constexpr int kKilledCode = 137;

/// A pod that is over its time has failed, whatever its command says: as if by SIGTERM.
constexpr int kTerminatedCode = 143;

/// The kubelet's numbers: restarts wait at most so long, and one that has run for so long counts
/// as sound.
constexpr milliseconds kLongestDelay{300'000};
constexpr std::chrono::minutes kSoundRun{10};

std::string policy_name(RestartPolicy policy) {
  switch (policy) {
    case RestartPolicy::kNever:
      return "Never";
    case RestartPolicy::kOnFailure:
      return "OnFailure";
    case RestartPolicy::kAlways:
      return "Always";
    case RestartPolicy::kExitCode:
      return "ExitCode";
  }
  return "";
}

std::string seconds_text(milliseconds time) {
  return concat(static_cast<double>(time.count()) / 1000.0, " s");
}

}  // namespace

void RunnerLoop::command_started(Replica& replica) {
  if (replica.runs) return;
  RunningTrial& trial = *replica.trial;
  replica.runs = true;
  replica.started_at = steady_clock::now();
  if (trial.plan.rules.pod_deadline) {
    replica.deadline = *replica.started_at + *trial.plan.rules.pod_deadline;
  }
  trial.controller.started(replica.index, clock_.now());
  if (!trial.told_start) {
    trial.told_start = true;
    if (trial.plan.rules.deadline) {
      trial.deadline = steady_clock::now() + *trial.plan.rules.deadline;
    }
    tell(experiment::TrialStarted{.trial_name = trial.plan.trial, .time = clock_.now()});
  }
  judge(trial);
  conclude(trial);
}

void RunnerLoop::close_channels(Replica& replica) {
  std::vector<experiment::Observation> reported;
  for (const Channel channel : {Channel::kOutput, Channel::kMetrics, Channel::kPages}) {
    for (int i = 0; i < kMaxDrainReads && read_once(replica, channel, reported); ++i) {
    }
  }
  replica.output.finish(clock_.now(), reported);
  report(replica, std::move(reported));
  replica.output_pipe.reset();
  replica.metrics_pipe.reset();
  replica.page_pipe.reset();
  replica.read_at.reset();
  replica.deadline.reset();
  replica.control.reset();
  replica.kill_at.reset();
  replica.is_alive = false;
  replica.root = {};
}

void RunnerLoop::attempt_ended(Replica& replica) {
  close_channels(replica);
  RunningTrial& trial = *replica.trial;
  if (!trial.is_decided()) decide(replica);
  conclude(trial);
}

/// What the end of a replica means for its trial.
void RunnerLoop::decide(Replica& replica) {
  RunningTrial& trial = *replica.trial;
  JobController& controller = trial.controller;
  std::optional<int> exit_code = exit_code_of(replica);
  const bool is_ending = controller.phase() == JobController::Phase::kEnding;
  if (!exit_code && is_ending) exit_code = kKilledCode;
  if (exit_code == 0 && replica.is_late) exit_code = kTerminatedCode;
  const bool never_began = !exit_code && !replica.no_start && !replica.runs;
  if (never_began && ++replica.lost_starts <= kMostLostStarts) {
    controller.lost(replica.index);
    replica.restart_at = steady_clock::now();
    return;
  }
  if (!exit_code) {
    const std::string& name = trial.plan.replicas[replica.index].name;
    const std::string end = describe_end(replica);
    trial.failure = name.empty() ? end : concat(name, ": ", end);
    trial.decider = replica.index;
    return end_rest(trial);
  }
  for (const ReplicaStart& start : controller.ended(replica.index, *exit_code, clock_.now())) {
    schedule_start(trial, start, replica);
  }
  if (controller.phase() != JobController::Phase::kActive && !trial.decider) {
    trial.decider = replica.index;
  }
  if (!is_ending && controller.phase() == JobController::Phase::kEnding) end_replicas(trial);
  judge(trial);
}

/// A start that `ended` has led to; most often its own.
void RunnerLoop::schedule_start(RunningTrial& trial, const ReplicaStart& start,
                                const Replica& ended) {
  Replica& replica = *trial.replicas[start.replica];
  if (trial.plan.rules.kind == "PyTorchJob") return schedule_restart(replica);
  milliseconds delay{0};
  for (int i = 0; i < start.failures && delay < kLongestDelay; ++i) {
    delay = i == 0 ? options_.restart_delay : delay * 2;
  }
  delay = std::min(delay, kLongestDelay);
  replica.restart_at = steady_clock::now() + delay;
  if (&replica != &ended) return;
  if (exit_code_of(ended) == 0) return replica.output.note("exit code 0; the next pod starts");
  const JobRules& rules = trial.plan.rules;
  const int attempt = trial.controller.num_restarts(replica.index) + 1;
  const bool is_alone = rules.replicas.size() == 1 && rules.pods.completions == 1;
  const std::int64_t most =
      rules.backoff_limit.value_or(0) + (rules.pods.restarts_in_place ? 0 : 1);
  replica.output.note(concat(describe_end(replica), "; attempt ", attempt,
                             is_alone ? concat(" of ", most) : "", " starts in ",
                             seconds_text(delay)));
}

void RunnerLoop::schedule_restart(Replica& replica) {
  RunningTrial& trial = *replica.trial;
  const JobRules& rules = trial.plan.rules;
  const int attempt = trial.controller.num_restarts(replica.index) + 1;
  const SteadyTime now = steady_clock::now();
  const bool was_sound = replica.started_at && now - *replica.started_at >= kSoundRun;
  if (was_sound) replica.next_delay = options_.restart_delay;
  const milliseconds delay = replica.next_delay;
  replica.restart_at = now + delay;
  replica.next_delay = std::min(delay * 2, kLongestDelay);
  const std::string policy = policy_name(rules.replicas[replica.index].restart);
  replica.output.note(concat(describe_end(replica), "; restartPolicy ", policy, ": attempt ",
                             attempt, " starts in ", seconds_text(delay)));
  if (attempt >= 4 && !rules.backoff_limit) {
    note_once(
        concat("a replica fails again and again and is started again without end "
               "(restartPolicy ",
               policy, "; runPolicy.backoffLimit would end it): see `mimar logs ", trial.plan.trial,
               " --replica ", trial.plan.replicas[replica.index].name, "`"));
  }
}

/// Looks whether one of the template's conditions holds by now.
void RunnerLoop::judge(RunningTrial& trial) {
  if (trial.is_decided()) return;
  const JobController& controller = trial.controller;
  trial.verdict = trial.plan.conditions.judge(controller.job());
  const JobController::Phase phase = controller.phase();
  const bool is_over =
      phase == JobController::Phase::kSucceeded || phase == JobController::Phase::kFailed;
  if (!trial.is_decided() && is_over) {
    trial.failure =
        concat("the job has ", phase == JobController::Phase::kSucceeded ? "succeeded" : "failed",
               ", but neither successCondition nor failureCondition of the trialTemplate "
               "holds");
  }
  if (trial.is_decided()) end_rest(trial);
}

/// Ends what still runs, unless the job is kept and its cleanPodPolicy lets it go on.
void RunnerLoop::end_rest(RunningTrial& trial) {
  const bool deletes =
      trial.stopped || trial.failure || !trial.plan.retains || trial.controller.deletes_running();
  if (deletes) return end_replicas(trial);
  for (const auto& replica : trial.replicas) replica->restart_at.reset();
}

void RunnerLoop::end_replicas(RunningTrial& trial) {
  for (const auto& replica : trial.replicas) {
    replica->restart_at.reset();
    if (replica->is_alive && !replica->wait_status) end_tree(*replica, kStopGrace);
  }
}

/// Ends the trial when nothing is left to wait for.
void RunnerLoop::conclude(RunningTrial& trial) {
  if (trial.is_starting || !trial.is_decided()) return;
  const bool is_over = !trial.has_live_replica();
  const bool goes_on =
      trial.plan.retains && !trial.controller.deletes_running() && !trial.stopped && !trial.failure;
  if ((is_over || goes_on) && !trial.told_exit) tell_exit(trial);
  if (!is_over) return;
  gpus_.give_back(trial.gpus);
  for (const auto& replica : trial.replicas) replicas_.erase(replica->key);
  running_.erase(trial.id);  // `trial` is gone from here on
  start_waiting();
}

void RunnerLoop::tell_exit(RunningTrial& trial) {
  const experiment::TrialExited exit = describe_exit(trial, clock_.now());
  trial.told_exit = true;
  if (!exit.succeeded) {
    trial.replicas[trial.primary().index]->output.note(exit.message);
    const std::size_t decider = trial.decider.value_or(trial.primary().index);
    if (decider != trial.primary().index) trial.replicas[decider]->output.note(exit.message);
  }
  ids_.erase(trial.plan.trial);
  tell(exit);
}

}  // namespace mimar::local
