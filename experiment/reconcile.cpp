#include "experiment/reconcile.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "experiment/reconcile_tally.h"

namespace mimar::experiment {

namespace {

/// How the search ends: the phase it leads to, unless retraining comes first.
struct Ending {
  ExperimentPhase phase = ExperimentPhase::kSucceeded;
  std::string reason;
  std::string message;
  bool retrains = false;
};

/// One decision in the making.
class Reconciler {
 public:
  Reconciler(const Snapshot& snapshot, const TrialTally& tally, TimePoint now)
      : spec_(snapshot.experiment.spec),
        state_(snapshot.state),
        trials_(snapshot.trials),
        num_enqueued_(snapshot.num_enqueued),
        early_stops_(snapshot.early_stops),
        tally_(tally),
        now_(now) {}

  Decision decide();

 private:
  void search();
  void retrain();
  std::optional<Ending> find_ending() const;
  void end_search(const Ending& ending);
  void propose();
  void launch(const std::set<hpo::TrialId>& active);
  void enforce_limits(const std::set<hpo::TrialId>& active);
  void stop_early();
  void stop_all(const std::set<hpo::TrialId>& active, StopReason why);
  void stop(hpo::TrialId number, StopReason why, std::string message = {}) {
    act(StopTrial{number, why, std::move(message)});
    stopped_.insert(number);
  }
  bool stops_here(const std::set<hpo::TrialId>& active);
  bool retrain_ends(const std::vector<hpo::TrialId>& missing);
  std::vector<hpo::TrialId> missing_retrains() const;
  const Trial* find_failed_retrain() const;

  const Trial& trial(hpo::TrialId number) const {
    return trials_.at(static_cast<std::size_t>(number));
  }
  bool is_running(hpo::TrialId number) const { return trial(number).phase == TrialPhase::kRunning; }
  bool is_past(TimePoint deadline) {
    if (deadline <= now_) return true;
    auto& again = decision_.look_again_at;
    again = again ? std::min(*again, deadline) : deadline;
    return false;
  }
  /// Looks at the experiment's own time limit, and again when it is reached.
  bool is_out_of_time() {
    return spec_.timeout && state_.started_at && is_past(*state_.started_at + *spec_.timeout);
  }
  template <class Kind>
  void act(Kind action) {
    decision_.actions.emplace_back(std::move(action));
  }

  const ExperimentSpec& spec_;
  const ExperimentState& state_;
  const std::vector<Trial>& trials_;
  const int num_enqueued_;
  const std::vector<hpo::EarlyStop>& early_stops_;
  const TrialTally& tally_;
  const TimePoint now_;
  bool out_of_time_ = false;
  std::set<hpo::TrialId> stopped_;  // by this decision
  Decision decision_;
};

Decision Reconciler::decide() {
  switch (state_.phase) {
    case ExperimentPhase::kCreated:
      act(SetPhase{ExperimentPhase::kRunning, "ExperimentRunning", "Experiment is running"});
      break;
    case ExperimentPhase::kRunning:
      search();
      break;
    case ExperimentPhase::kRetraining:
      retrain();
      break;
    case ExperimentPhase::kSucceeded:
    case ExperimentPhase::kFailed:
    case ExperimentPhase::kStopped:
      break;
  }
  return std::move(decision_);
}

void Reconciler::search() {
  out_of_time_ = is_out_of_time();
  if (const std::optional<Ending> ending = find_ending()) return end_search(*ending);
  enforce_limits(tally_.active_search());
  stop_early();
  if (stops_here(tally_.active_search())) return;
  launch(tally_.active_search());
  propose();
}

/// Katib's rules in Katib's order, then Mimar's own.
std::optional<Ending> Reconciler::find_ending() const {
  const ExperimentPhase succeeded = ExperimentPhase::kSucceeded;
  const ExperimentPhase failed = ExperimentPhase::kFailed;
  if (tally_.goal_reached()) {
    return Ending{succeeded, "ExperimentGoalReached",
                  "Experiment has succeeded because Objective goal has reached", true};
  }
  if (spec_.max_failed_trial_count && tally_.num_failed() > 0 &&
      tally_.num_failed() >= *spec_.max_failed_trial_count) {
    return Ending{failed, "ExperimentFailed",
                  "Experiment has failed because max failed count has reached"};
  }
  if (spec_.max_trial_count && tally_.num_completed() >= *spec_.max_trial_count) {
    return Ending{succeeded, "ExperimentMaxTrialsReached",
                  "Experiment has succeeded because max trial count has reached", true};
  }
  if (out_of_time_) {
    if (!tally_.best()) {
      return Ending{failed, "ExperimentTimeout",
                    "Experiment has failed because its time limit was reached before any trial "
                    "succeeded"};
    }
    return Ending{succeeded, "ExperimentTimeout",
                  concat("Experiment has succeeded with the best trial so far because its time "
                         "limit was reached",
                         spec_.retrain ? "; there was no time left to retrain" : "")};
  }
  // Retrain trials stand behind the last search trial in number, so the search is closed.
  const bool is_closed = !tally_.retrain().empty();
  const bool is_exhausted =
      state_.search_exhausted && num_enqueued_ == 0 && tally_.active_search().empty();
  if (is_closed || is_exhausted) {
    return Ending{succeeded, "ExperimentSuggestionEndReached",
                  "Experiment has succeeded because the algorithm has no more proposals", true};
  }
  return std::nullopt;
}

void Reconciler::end_search(const Ending& ending) {
  if (!tally_.active_search().empty()) {
    return stop_all(tally_.active_search(), StopReason::kExperimentDone);
  }
  if (!ending.retrains || !spec_.retrain) {
    // Retraining was begun, stopped by the user and resumed too late.
    if (!tally_.active_retrain().empty()) {
      return stop_all(tally_.active_retrain(), StopReason::kExperimentDone);
    }
    return act(SetPhase{ending.phase, ending.reason, ending.message});
  }
  if (!tally_.best()) {
    return act(SetPhase{ending.phase, ending.reason,
                        ending.message + "; no trial has a usable result, so none is retrained"});
  }
  if (stops_here(tally_.active_retrain())) return;
  act(SetPhase{ExperimentPhase::kRetraining, ending.reason, ending.message});
}

void Reconciler::propose() {
  if (state_.paused) return;
  int count = spec_.parallel_trial_count - static_cast<int>(tally_.active_search().size());
  if (spec_.max_trial_count) {
    count = std::min(count, *spec_.max_trial_count - tally_.num_search());
  }
  if (state_.search_exhausted) count = std::min(count, num_enqueued_);
  if (count > 0) act(ProposeTrials{count});
}

void Reconciler::retrain() {
  const std::vector<hpo::TrialId> missing = missing_retrains();
  if (retrain_ends(missing)) return;
  enforce_limits(tally_.active_retrain());
  if (stops_here(tally_.active_retrain())) return;
  launch(tally_.active_retrain());
  if (state_.paused || find_failed_retrain() != nullptr) return;
  const std::size_t active = tally_.active_retrain().size();
  const std::size_t parallel = static_cast<std::size_t>(spec_.parallel_trial_count);
  for (std::size_t i = 0; i < missing.size() && active + i < parallel; ++i) {
    act(RetrainTrial{missing[i]});
  }
}

bool Reconciler::retrain_ends(const std::vector<hpo::TrialId>& missing) {
  const bool is_idle = tally_.active_retrain().empty();
  const Trial* failed = find_failed_retrain();
  if (is_idle && missing.empty() && failed == nullptr) {
    act(SetPhase{ExperimentPhase::kSucceeded, state_.reason, state_.message});
    return true;
  }
  if (is_out_of_time()) {
    if (is_idle) {
      act(SetPhase{ExperimentPhase::kFailed, "ExperimentTimeout",
                   "Experiment has failed because its time limit was reached while retraining"});
    } else {
      stop_all(tally_.active_retrain(), StopReason::kExperimentDone);
    }
    return true;
  }
  if (!is_idle || failed == nullptr) return false;
  act(SetPhase{ExperimentPhase::kFailed, "ExperimentRetrainFailed",
               concat("Experiment has failed because retraining trial ",
                      trial(failed->retrain_of.value_or(0)).name, " failed: ", failed->message)});
  return true;
}

/// The best trials that have no retrain trial yet, best first.
std::vector<hpo::TrialId> Reconciler::missing_retrains() const {
  if (!spec_.retrain) return {};
  std::vector<hpo::TrialId> missing = best_trials(spec_, trials_, spec_.retrain->top);
  std::erase_if(missing, [this](hpo::TrialId of) {
    return std::any_of(tally_.retrain().begin(), tally_.retrain().end(),
                       [&](hpo::TrialId number) { return trial(number).retrain_of == of; });
  });
  return missing;
}

/// A final training needs no objective: trained on all data it may have nothing to validate on.
const Trial* Reconciler::find_failed_retrain() const {
  for (const hpo::TrialId number : tally_.retrain()) {
    const TrialPhase phase = trial(number).phase;
    if (phase == TrialPhase::kFailed || phase == TrialPhase::kKilled) return &trial(number);
  }
  return nullptr;
}

/// Running trials first: a lowered parallelTrialCount lets no created one in before they are done,
/// and a pause none at all.
void Reconciler::launch(const std::set<hpo::TrialId>& active) {
  int slots = state_.paused ? 0 : spec_.parallel_trial_count;
  for (const hpo::TrialId number : active) slots -= is_running(number) ? 1 : 0;
  for (const hpo::TrialId number : active) {
    if (stopped_.contains(number) || (!is_running(number) && slots-- <= 0)) continue;
    act(LaunchTrial{number});
  }
}

void Reconciler::enforce_limits(const std::set<hpo::TrialId>& active) {
  for (const hpo::TrialId number : active) {
    const Trial& running = trial(number);
    if (running.phase != TrialPhase::kRunning || !running.started_at) continue;
    const TimePoint heard = running.last_report_at.value_or(*running.started_at);
    const bool is_search = running.purpose == TrialPurpose::kSearch;
    if (is_search && spec_.trial_timeout && is_past(*running.started_at + *spec_.trial_timeout)) {
      stop(number, StopReason::kTimeout);
    } else if (spec_.stall_timeout && is_past(heard + *spec_.stall_timeout)) {
      stop(number, StopReason::kStalled);
    }
  }
}

/// A trial that was cut short and waits to run again is stopped by what it reported before.
void Reconciler::stop_early() {
  for (const hpo::EarlyStop& one : early_stops_) {
    if (stopped_.contains(one.trial) || !tally_.active_search().contains(one.trial)) continue;
    stop(one.trial, StopReason::kEarlyStopped, one.reason);
  }
}

void Reconciler::stop_all(const std::set<hpo::TrialId>& active, StopReason why) {
  for (const hpo::TrialId number : active) stop(number, why);
}

/// After the user's stop nothing new starts; when the last running trial is gone, all rests. Trials
/// that were recorded and not started wait for `resume`.
bool Reconciler::stops_here(const std::set<hpo::TrialId>& active) {
  if (!state_.stop_requested) return false;
  if (std::none_of(active.begin(), active.end(), [this](auto n) { return is_running(n); })) {
    act(SetPhase{ExperimentPhase::kStopped, "ExperimentStopped", "Experiment was stopped"});
  }
  return true;
}

}  // namespace

std::string_view to_string(ExperimentPhase phase) {
  switch (phase) {
    case ExperimentPhase::kCreated:
      return "Created";
    case ExperimentPhase::kRunning:
      return "Running";
    case ExperimentPhase::kRetraining:
      return "Retraining";
    case ExperimentPhase::kSucceeded:
      return "Succeeded";
    case ExperimentPhase::kFailed:
      return "Failed";
    case ExperimentPhase::kStopped:
      return "Stopped";
  }
  fail(ErrorCode::kInternal, "unknown experiment phase: ", static_cast<int>(phase));
}

Decision reconcile(const Snapshot& snapshot, TimePoint now) {
  return reconcile(snapshot, TrialTally(snapshot.experiment.spec, snapshot.trials), now);
}

Decision reconcile(const Snapshot& snapshot, const TrialTally& tally, TimePoint now) {
  return Reconciler(snapshot, tally, now).decide();
}

ExperimentState enter(ExperimentState state, const SetPhase& action, TimePoint now) {
  state.phase = action.phase;
  state.reason = action.reason;
  state.message = action.message;
  if (!state.started_at) state.started_at = now;
  if (is_final(action.phase)) {
    state.finished_at = now;
    state.paused = false;
  }
  return state;
}

void forget_processes(std::vector<Trial>& trials) {
  for (Trial& trial : trials) {
    if (trial.phase != TrialPhase::kRunning) continue;
    trial.phase = TrialPhase::kCreated;
    trial.started_at.reset();
    trial.last_report_at.reset();
  }
}

}  // namespace mimar::experiment
