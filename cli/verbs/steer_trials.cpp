#include "cli/verbs/steer_trials.h"

#include <chrono>
#include <optional>
#include <thread>

#include "base/error.h"
#include "cli/given_text.h"
#include "cli/run/run_lock.h"
#include "experiment/enqueued_trial.h"
#include "local/ledger.h"

namespace mimar::cli {
namespace {

using experiment::EnqueuedTrial;
using experiment::ExperimentPhase;
using experiment::StoredExperiment;
using experiment::TrialPhase;

constexpr std::chrono::milliseconds kPolling{50};
/// A trial that does not heed SIGTERM gets SIGKILL after five seconds.
constexpr std::chrono::seconds kPatience{8};

/// Errors: kFailedPrecondition when no further trial can come of the search, saying what to do.
void require_room(experiment::Store& store, const StoredExperiment& stored) {
  const auto& [experiment, state] = stored;
  const std::string& name = experiment.name;
  if (experiment::is_final(state.phase) || state.phase == ExperimentPhase::kRetraining) {
    fail(ErrorCode::kFailedPrecondition, "experiment \"", name, "\" has ended its search (",
         state.reason, "): it takes no more trials");
  }
  const auto& most = experiment.spec.max_trial_count;
  const auto waiting = static_cast<int>(store.find_requests(experiment.uid).enqueued.size());
  const int taken = store.count_trials(experiment.uid).total + waiting;
  if (most && taken >= *most) {
    fail(ErrorCode::kFailedPrecondition, "experiment \"", name, "\" has no room: all ", *most,
         " trials of its maxTrialCount are there; `mimar edit ", name, " --max-trials ", taken + 1,
         "` makes room");
  }
}

void say_when_it_runs(Context& context, const StoredExperiment& stored) {
  const std::string& name = stored.experiment.name;
  std::string when;
  if (stored.state.paused) {
    when = "once `mimar resume " + name + "` ends the pause";
  } else if (const auto runner = find_runner(context.state_dir(), name)) {
    when = concat("as soon as process ", *runner, " has room");
  } else if (stored.experiment.spec.trial_template) {
    when = "when `mimar resume " + name + "` runs it";
  } else {
    when = "as the next that `mimar ask " + name + "` hands out";
  }
  context.print_note(concat("a trial of \"", name, "\" is enqueued: it comes ", when));
}

void put_in_queue(Context& context, const StoredExperiment& stored, const EnqueuedTrial& trial) {
  experiment::Store& store = context.store();
  store.transact([&] {
    require_room(store, get_experiment(store, stored.experiment.name));
    store.enqueue(stored.experiment.uid, trial);
  });
  say_when_it_runs(context, stored);
}

/// Ends a trial that no process runs. False when one runs the experiment after all.
bool end_at_rest(Context& context, const FoundTrial& found) {
  const std::string& name = found.stored.experiment.name;
  std::optional<RunLock> lock;
  try {
    lock.emplace(context.state_dir(), name, "");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kAborted) throw;
    return false;
  }
  local::Ledger ledger(context.store(), name, local::Ledger::Former::kStillRuns);
  if (!experiment::is_final(ledger.trial(found.trial.number).phase)) {
    ledger.stop(found.trial.number, experiment::StopReason::kKilledByUser, context.clock().now());
    ledger.flush();
  }
  return true;
}

/// The trial's phase now.
TrialPhase phase_of(Context& context, const FoundTrial& found) {
  const auto trial = context.store().find_trial(found.stored.experiment.uid, found.trial.number);
  if (!trial) fail(ErrorCode::kNotFound, "trial \"", found.trial.name, "\" was deleted");
  return trial->phase;
}

}  // namespace

ExitCode enqueue(Context& context, const EnqueueOptions& options) {
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.experiment);
  put_in_queue(context, stored,
               {.id = 0,
                .given = with_given(context, stored.experiment.spec, {}, options.values),
                .retry_of = {}});
  return kDone;
}

ExitCode enqueue_like(Context& context, const FoundTrial& like,
                      const std::vector<std::string>& values) {
  experiment::GivenValues given;
  for (const auto& [name, value] : like.trial.proposal.assignment) {
    given[name] = space::to_text(value);
  }
  given = with_given(context, like.stored.experiment.spec, std::move(given), values);
  put_in_queue(context, like.stored, {.id = 0, .given = std::move(given), .retry_of = {}});
  return kDone;
}

ExitCode kill_trial(Context& context, const KillOptions& options) {
  const FoundTrial found = get_trial(context.store_to_read(), options.trial);
  if (experiment::is_final(found.trial.phase)) {
    fail(ErrorCode::kAborted, "trial \"", found.trial.name, "\" has ended already (",
         to_string(found.trial.phase), ')');
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  context.store().request_kill(found.stored.experiment.uid, found.trial.number);
  TrialPhase phase = phase_of(context, found);
  while (!experiment::is_final(phase) && std::chrono::steady_clock::now() < deadline) {
    if (!end_at_rest(context, found)) std::this_thread::sleep_for(kPolling);
    phase = phase_of(context, found);
  }
  if (phase == TrialPhase::kKilled) {
    context.print_note(concat("trial \"", found.trial.name, "\" killed"));
    return kDone;
  }
  if (!experiment::is_final(phase)) {
    context.print_note(concat("trial \"", found.trial.name,
                              "\" has not ended yet; the process that has it was told"));
    return kTimeout;
  }
  fail(ErrorCode::kAborted, "trial \"", found.trial.name, "\" ended by itself meanwhile (",
       to_string(phase), ')');
}

ExitCode retry(Context& context, const RetryOptions& options) {
  const FoundTrial found = get_trial(context.store_to_read(), options.trial);
  const auto& trial = found.trial;
  require(trial.purpose == experiment::TrialPurpose::kSearch, "trial \"", trial.name,
          "\" is a final training, which ends with its experiment: it cannot be retried");
  const bool can_be_retried = trial.phase == TrialPhase::kFailed ||
                              trial.phase == TrialPhase::kKilled ||
                              trial.phase == TrialPhase::kMetricsUnavailable;
  require(can_be_retried, "trial \"", trial.name, "\" is ", to_string(trial.phase),
          ": only trials that failed, were killed or reported no objective can be retried; `mimar "
          "clone ",
          trial.name, "` runs its values again all the same");
  put_in_queue(context, found.stored, {.id = 0, .given = {}, .retry_of = trial.number});
  return kDone;
}

}  // namespace mimar::cli
