#include "local/ask_tell.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/nearest_name.h"
#include "experiment/trial_outcome.h"
#include "experiment/trial_runner.h"
#include "local/enqueued_trials.h"

namespace mimar::local {

namespace ex = experiment;

namespace {

using End = Told::End;

void require_distinct_metrics(const Told& told) {
  std::set<std::string_view> names;
  for (const auto& [name, value] : told.metrics) {
    require(!name.empty(), "a metric needs a name: name=value");
    require(!value.empty(), "the metric \"", name, "\" needs a value: ", name, "=0.5");
    require(names.insert(name).second, "the metric \"", name, "\" is told twice");
  }
}

/// A trial that succeeded must say how well, in every objective.
void require_objectives(const ex::ExperimentSpec& spec, const Told& told,
                        const std::vector<ex::MetricSummary>& metrics) {
  if (spec.metrics_collector.kind == ex::CollectorKind::kNone) return;
  const std::optional<std::string> missing = ex::missing_objective(spec, metrics);
  if (!missing) return;
  const std::string& objective = *missing;
  std::vector<std::string> names;
  for (const auto& metric : told.metrics) names.push_back(metric.first);
  const auto nearest = find_nearest_name(objective, names);
  fail(ErrorCode::kInvalidArgument, "the objective \"", objective, "\" was not told",
       nearest ? concat("; \"", *nearest, "\" is another metric") : std::string(), ": add ",
       objective, "=VALUE, or say that the trial failed");
}

}  // namespace

AskTell::AskTell(ex::Store& store, ex::SuggestionProvider& provider, const Clock& clock,
                 std::string_view experiment_name)
    : provider_(provider),
      clock_(clock),
      ledger_(store, experiment_name, Ledger::Former::kStillRuns),
      writer_(make_writer()) {}

std::vector<ex::Trial> AskTell::ask(int count) {
  require(count >= 1, "ask for at least one trial: ", count);
  take_requests();
  settle();
  const ex::ExperimentState& state = ledger_.state();
  if (state.stop_requested || state.phase == ex::ExperimentPhase::kStopped) {
    fail(ErrorCode::kFailedPrecondition, "experiment \"", experiment().name,
         "\" is stopped; `mimar resume ", experiment().name, "` opens it again");
  }
  if (state.paused) {
    fail(ErrorCode::kFailedPrecondition, "experiment \"", experiment().name,
         "\" is paused; `mimar resume ", experiment().name, "` lets it go on");
  }
  std::vector<hpo::TrialId> numbers;
  if (state.phase == ex::ExperimentPhase::kRunning) {
    numbers = unstarted(ledger_.tally().active_search());
    const int missing = count - static_cast<int>(numbers.size());
    if (missing > 0) {
      for (const hpo::TrialId number : propose(missing)) numbers.push_back(number);
    }
  } else if (state.phase == ex::ExperimentPhase::kRetraining) {
    numbers = unstarted(ledger_.tally().active_retrain());
  }
  if (numbers.size() > static_cast<std::size_t>(count)) {
    numbers.resize(static_cast<std::size_t>(count));
  }
  const TimePoint now = clock_.now();
  std::vector<ex::Trial> asked;
  for (const hpo::TrialId number : numbers) {
    ledger_.mark_running(number, now);
    asked.push_back(ledger_.trial(number));
  }
  settle();  // the algorithm may have said that it is at its end
  ledger_.flush();
  return asked;
}

/// Trials that are recorded and were handed to nobody: what a run left when it was stopped.
std::vector<hpo::TrialId> AskTell::unstarted(const std::set<hpo::TrialId>& active) const {
  std::vector<hpo::TrialId> numbers;
  for (const hpo::TrialId number : active) {
    if (ledger_.trial(number).phase == ex::TrialPhase::kCreated) numbers.push_back(number);
  }
  return numbers;
}

std::vector<hpo::TrialId> AskTell::propose(int count) {
  const ex::TrialTally& tally = ledger_.tally();
  if (const auto& most = experiment().spec.max_trial_count) {
    count = std::min(count, *most - tally.num_search());
  }
  if (count <= 0) return {};
  auto number = static_cast<hpo::TrialId>(ledger_.trials().size());
  count -= record_enqueued_trials(ledger_, provider_, count, clock_.now());
  if (count > 0 && !ledger_.state().search_exhausted) {
    std::vector<hpo::Proposal> proposals = provider_.propose(ledger_.history(), count);
    if (!proposals.empty()) {
      ledger_.record_proposals(std::move(proposals), count, clock_.now());
    } else if (tally.active_search().empty()) {
      ex::ExperimentState state = ledger_.state();
      state.search_exhausted = true;
      ledger_.set_state(state);
    }
  }
  std::vector<hpo::TrialId> numbers;
  for (const auto end = static_cast<hpo::TrialId>(ledger_.trials().size()); number < end;) {
    numbers.push_back(number++);
  }
  return numbers;
}

/// What other programs have asked for since this one began.
void AskTell::take_requests() {
  ledger_.refresh_requests();
  for (const hpo::TrialId number : ledger_.kill_requests()) {
    if (ex::is_final(ledger_.trial(number).phase)) continue;
    act(ex::StopTrial{number, ex::StopReason::kKilledByUser});
  }
}

ex::Trial AskTell::tell(std::string_view trial_name, const Told& told) {
  const ex::Trial* found = ledger_.find_trial(trial_name);
  if (found == nullptr) {
    fail(ErrorCode::kNotFound, "experiment \"", experiment().name, "\" has no trial \"", trial_name,
         '"');
  }
  if (ex::is_final(found->phase)) {
    fail(ErrorCode::kAborted, "trial \"", trial_name, "\" has ended already (",
         ex::to_string(found->phase), "); what was told first counts");
  }
  require_distinct_metrics(told);
  const hpo::TrialId number = found->number;
  const TimePoint now = clock_.now();

  ex::MetricAccumulator metrics;
  if (found->last_report_at) metrics = ledger_.stored_metrics(number);
  std::vector<ex::StoredObservation> batch;
  for (const auto& [name, value] : told.metrics) {
    const ex::Observation observation{
        .metric = name, .step = told.step, .time = now, .value = value};
    metrics.add(observation);
    batch.push_back(
        {writer_, next_sequence_ + static_cast<std::int64_t>(batch.size()), observation});
  }
  const bool needs_objective =
      told.end == End::kSucceeded && found->purpose == ex::TrialPurpose::kSearch;
  if (needs_objective) require_objectives(experiment().spec, told, metrics.summaries());
  require(told.end != End::kStillRuns || !batch.empty(), "a report needs a metric: name=value");

  next_sequence_ += static_cast<std::int64_t>(batch.size());
  if (!batch.empty()) ledger_.add_observations(number, std::move(batch), now);
  if (told.end != End::kStillRuns) {
    ex::TrialExited exit;
    exit.trial_name = trial_name;
    exit.time = now;
    exit.succeeded = told.end == End::kSucceeded;
    exit.message = told.message;
    end(number, exit, metrics.summaries());
  }
  settle();  // a report may have shown that the trial is not worth its end
  ledger_.flush();
  return ledger_.trial(number);
}

void AskTell::end(hpo::TrialId number, const ex::TrialExited& exit,
                  std::vector<ex::MetricSummary> metrics) {
  ex::Trial trial = ledger_.trial(number);
  trial.metrics = std::move(metrics);
  ledger_.finish(ex::end_trial(experiment().spec, std::move(trial), exit));
}

/// Lets reconcile() move the experiment on; proposing and launching are the asker's.
void AskTell::settle() {
  for (bool changed = true; changed;) {
    changed = false;
    const ex::Snapshot snapshot{ledger_.experiment(), ledger_.state(), ledger_.trials(),
                                static_cast<int>(ledger_.enqueued().size()), ledger_.early_stops()};
    const ex::Decision decision = ex::reconcile(snapshot, ledger_.tally(), clock_.now());
    for (const ex::Action& action : decision.actions) changed |= act(action);
  }
}

bool AskTell::act(const ex::Action& action) {
  if (const auto* phase = std::get_if<ex::SetPhase>(&action)) {
    ledger_.set_state(ex::enter(ledger_.state(), *phase, clock_.now()));
    return true;
  }
  if (const auto* stop = std::get_if<ex::StopTrial>(&action)) {
    ledger_.stop(stop->trial, stop->why, clock_.now(), stop->message);
    return true;
  }
  if (const auto* retrain = std::get_if<ex::RetrainTrial>(&action)) {
    ledger_.record_retrain(retrain->of, clock_.now());
    return true;
  }
  return false;
}

}  // namespace mimar::local
