#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "base/rng.h"
#include "experiment/reconcile.h"
#include "experiment/store/store.h"
#include "experiment/trial_outcome.h"
#include "hpo/multi_objective/pareto.h"
#include "tests/support/make_experiment.h"

// A model of the engine drives reconcile() and the memory store through random experiments: trials
// report and end in random order, events come twice, the clock jumps, the user stops, pauses and
// resumes,
// the process crashes and starts again, between any two steps.
//
// Invariants, checked as they can be broken:
//   I1  never more than parallelTrialCount trials are open, and never more processes run
//   I2  never more than maxTrialCount search trials are recorded
//   I3  a trial that has ended never changes again
//   I4  no trial is lost or doubled: numbers run 0, 1, 2, ...; names and retrained trials are
//   unique I5  Succeeded and Failed stay, and then no trial is open I6  the same snapshot gives the
//   same decision, and a kept tally the same as a new one I7  every run ends within a bound I8  the
//   ending's reason is true of the trials: goal, failures, count, time, exhaustion I9  the best
//   trial succeeded or was stopped early, with a finite value, and none is better I10 a successful
//   ending that leaves room for it has retrained exactly the best `top` I11 the log holds exactly
//   one Proposed and at most one Finished event per search trial

namespace mimar::experiment {
namespace {

using std::chrono::seconds;
using testing_support::make_experiment;

constexpr int kMaxSteps = 10'000;  // I7; the longest of the first 20,000 seeds takes 1,732

/// A random spec; every limit is there or not.
Experiment draw_experiment(Rng& rng) {
  Experiment experiment = make_experiment();
  experiment.uid = concat("uid-", rng.next());
  ExperimentSpec& spec = experiment.spec;
  const auto maybe = [&rng](std::uint64_t one_in) { return rng.index(one_in) == 0; };
  spec.parallel_trial_count = 1 + static_cast<int>(rng.index(4));
  spec.max_trial_count = 1 + static_cast<int>(rng.index(12));
  if (maybe(2)) spec.max_failed_trial_count = static_cast<int>(rng.index(4));
  if (maybe(2)) spec.objectives[0].direction = hpo::Direction::kMaximize;
  if (maybe(3)) spec.objectives[0].goal = rng.uniform() * 0.2;
  if (maybe(4)) spec.timeout = seconds(20 + rng.index(200));
  if (maybe(3)) spec.trial_timeout = seconds(5 + rng.index(30));
  if (maybe(3)) spec.stall_timeout = seconds(5 + rng.index(30));
  if (maybe(2)) spec.retrain = Retrain{.top = 1 + static_cast<int>(rng.index(3)), .parameters = {}};
  if (maybe(4)) spec.constraints = {{"size", {}, 0.8}};
  if (maybe(3)) {
    spec.objectives.push_back({"size", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
    if (maybe(2)) spec.objectives[1].goal = 0.5 + rng.uniform() * 0.5;
  }
  return experiment;
}

class Model {
 public:
  explicit Model(std::uint64_t seed) : rng_(seed), experiment_(draw_experiment(rng_)) {
    proposals_left_ = rng_.index(3) == 0 ? static_cast<int>(rng_.index(10)) : 1000;
    store_->create_experiment(experiment_, {});
    load();
  }

  void run() {
    for (int step = 0; step < kMaxSteps; ++step) {
      decide();
      if (is_final(state_.phase) || testing::Test::HasFailure()) return check_ending();
      if (state_.phase == ExperimentPhase::kStopped) resume();
      happen();
    }
    ADD_FAILURE() << "I7: no end within " << kMaxSteps << " steps";
  }

 private:
  // What the engine does ---------------------------------------------------------------------

  void load() {
    state_ = store_->find_experiment(experiment_.name)->state;
    trials_ = store_->list_trials(experiment_.uid);
    forget_processes(trials_);
    tally_.emplace(experiment_.spec, trials_);
    processes_.clear();
  }

  void decide() {
    for (int rounds = 0;; ++rounds) {
      ASSERT_LT(rounds, 100) << "I7: deciding does not come to rest";
      const Snapshot snapshot{experiment_, state_, trials_};
      const Decision decision = reconcile(snapshot, now_);
      const Decision kept = reconcile(snapshot, *tally_, now_);
      EXPECT_EQ(decision.actions, reconcile(snapshot, now_).actions) << "I6";
      EXPECT_EQ(decision.actions, kept.actions) << "I6";
      EXPECT_EQ(decision.look_again_at, kept.look_again_at) << "I6";
      bool changed = false;
      for (const Action& action : decision.actions) {
        if (rng_.index(60) == 0) return load();  // a crash in the middle of a decision
        changed |= std::visit([this](const auto& held) { return act(held); }, action);
        check_invariants();
      }
      if (!changed) return;
    }
  }

  bool act(const ProposeTrials& action) {
    const int count = std::min(action.count, proposals_left_);
    if (count == 0 && !tally_->active_search().empty()) return false;
    if (count == 0) {
      state_.search_exhausted = true;
      store_->update_state(experiment_.uid, state_);
      return true;
    }
    proposals_left_ -= count;
    std::vector<Trial> recorded;
    for (int i = 0; i < count; ++i) recorded.push_back(new_trial(trials_.size() + recorded.size()));
    store_->record_proposals(experiment_.uid, recorded);
    for (const Trial& trial : recorded) add(trial);
    return true;
  }

  bool act(const RetrainTrial& action) {
    Trial trial = new_trial(trials_.size());
    trial.purpose = TrialPurpose::kRetrain;
    trial.retrain_of = action.of;
    store_->record_retrain(experiment_.uid, trial);
    add(trial);
    return true;
  }

  bool act(const LaunchTrial& action) {
    const TrialPhase phase = trials_.at(static_cast<std::size_t>(action.trial)).phase;
    EXPECT_FALSE(is_final(phase)) << "I3: an ended trial was launched again";
    processes_.insert(action.trial);
    return false;
  }

  bool act(const StopTrial& action) {
    finish(action.trial, false, action.why);
    return true;
  }

  bool act(const SetPhase& action) {
    EXPECT_FALSE(is_final(state_.phase)) << "I5: a final phase was left";
    state_.phase = action.phase;
    state_.reason = action.reason;
    state_.message = action.message;
    if (!state_.started_at) state_.started_at = now_;
    store_->update_state(experiment_.uid, state_);
    return true;
  }

  Trial new_trial(std::size_t number) const {
    Trial trial;
    trial.number = static_cast<hpo::TrialId>(number);
    trial.name = trial_name(experiment_.name, experiment_.uid, trial.number);
    trial.created_at = now_;
    return trial;
  }

  void add(const Trial& trial) {
    trials_.push_back(trial);
    tally_->update(trial);
  }

  void finish(hpo::TrialId number, bool succeeded, std::optional<StopReason> stopped = {}) {
    processes_.erase(number);
    Trial trial = trials_.at(static_cast<std::size_t>(number));
    if (is_final(trial.phase)) return;  // a repeated event
    if (!stopped || *stopped == StopReason::kEarlyStopped) trial.metrics = draw_metrics();
    TrialExited exit;
    exit.succeeded = succeeded;
    exit.stopped = stopped;
    const TrialOutcome outcome = judge(experiment_.spec, trial, exit);
    trial.phase = outcome.phase;
    trial.reason = outcome.reason;
    trial.finished_at = now_;
    std::optional<hpo::Finished> event;
    if (trial.purpose == TrialPurpose::kSearch) event = to_finished(experiment_.spec, trial);
    store_->finish_trial(experiment_.uid, trial, event);
    if (rng_.index(3) == 0) store_->finish_trial(experiment_.uid, trial, event);  // told twice
    trials_[static_cast<std::size_t>(number)] = trial;
    tally_->update(trial);
    ended_.emplace(number, trial);
  }

  // What the world does ----------------------------------------------------------------------

  void happen() {
    switch (rng_.index(10)) {
      case 0:
        now_ += seconds(rng_.index(15));
        break;
      case 1:
        load();
        break;  // a crash: all that was in memory is gone
      case 2:
        if (rng_.index(4) == 0) state_.stop_requested = true;
        state_.paused = rng_.index(4) == 0;
        store_->update_state(experiment_.uid, state_);
        break;
      default:
        something_of_a_trial();
    }
  }

  void something_of_a_trial() {
    if (trials_.empty()) return;
    const auto number = static_cast<hpo::TrialId>(rng_.index(trials_.size()));
    Trial& trial = trials_[static_cast<std::size_t>(number)];
    // Events of ended trials come late or again; the engine does not know their process.
    if (!processes_.contains(number)) return;
    if (trial.phase == TrialPhase::kCreated) {
      trial.phase = TrialPhase::kRunning;
      trial.started_at = now_;
      store_->mark_running(experiment_.uid, number, now_);
      tally_->update(trial);
    } else if (rng_.index(3) == 0) {
      trial.last_report_at = now_;
    } else {
      const bool early = trial.purpose == TrialPurpose::kSearch && rng_.index(8) == 0;
      finish(number, rng_.index(5) != 0,
             early ? std::optional(StopReason::kEarlyStopped) : std::nullopt);
    }
  }

  std::vector<MetricSummary> draw_metrics() {
    const std::string size = concat(rng_.uniform());
    const MetricSummary summary{"size", size, size, size};
    switch (rng_.index(8)) {
      case 0:
        return {summary};
      case 1:
        return {summary, {"loss", "unavailable", "unavailable", "nan"}};
      case 2:
        return {summary, {"loss", "unavailable", "unavailable", "-inf"}};
      case 3:
        return {summary, {"loss", "unavailable", "unavailable", "a text"}};
      default:
        break;
    }
    const std::string loss = concat(rng_.uniform());
    return {summary, {"loss", loss, loss, loss}};
  }

  void resume() {
    state_.phase = ExperimentPhase::kRunning;
    state_.stop_requested = false;
    state_.paused = false;
    store_->update_state(experiment_.uid, state_);
  }

  // The invariants ---------------------------------------------------------------------------

  void check_invariants() {
    const ExperimentSpec& spec = experiment_.spec;
    const auto parallel = static_cast<std::size_t>(spec.parallel_trial_count);
    EXPECT_LE(tally_->active_search().size() + tally_->active_retrain().size(), parallel) << "I1";
    EXPECT_LE(processes_.size(), parallel) << "I1";
    EXPECT_LE(tally_->num_search(), *spec.max_trial_count) << "I2";
    if (is_final(state_.phase)) {
      EXPECT_TRUE(tally_->active_search().empty() && tally_->active_retrain().empty()) << "I5";
    }
  }

  void check_ending() {
    const std::vector<Trial> stored = store_->list_trials(experiment_.uid);
    std::set<std::string> names;
    for (std::size_t i = 0; i < stored.size(); ++i) {
      EXPECT_EQ(stored[i].number, static_cast<hpo::TrialId>(i)) << "I4";
      EXPECT_TRUE(names.insert(stored[i].name).second) << "I4";
      EXPECT_EQ(stored[i], ended_.at(stored[i].number)) << "I3";
    }
    check_log(stored);
    check_reason(stored);
    check_best(stored);
    check_retrained(stored);
    const Decision after = reconcile({experiment_, state_, stored}, now_ + seconds(1'000'000));
    EXPECT_TRUE(after.actions.empty()) << "I5";
  }

  void check_log(const std::vector<Trial>& stored) {
    const hpo::History history = store_->load_history(experiment_.uid);
    std::size_t num_search = 0;
    for (const Trial& trial : stored) num_search += trial.purpose == TrialPurpose::kSearch ? 1 : 0;
    EXPECT_EQ(history.trials().size(), num_search) << "I11";
    EXPECT_EQ(history.size(), 2 * num_search) << "I11";
  }

  void check_reason(const std::vector<Trial>& stored) {
    const ExperimentSpec& spec = experiment_.spec;
    int completed = 0;
    int failed = 0;
    bool goal = false;
    bool retrain_failed = false;
    for (const Trial& trial : stored) {
      const bool is_failure = trial.phase == TrialPhase::kFailed;
      if (trial.purpose == TrialPurpose::kRetrain) {
        retrain_failed |= is_failure || trial.phase == TrialPhase::kKilled;
        continue;
      }
      ++completed;
      failed += is_failure || trial.phase == TrialPhase::kMetricsUnavailable ? 1 : 0;
      goal |= meets_goals(spec, trial);
    }
    const std::string& reason = state_.reason;
    const bool succeeded = state_.phase == ExperimentPhase::kSucceeded;
    const bool too_many =
        spec.max_failed_trial_count && failed > 0 && failed >= *spec.max_failed_trial_count;
    SCOPED_TRACE("I8 " + reason);
    EXPECT_EQ(reason == "ExperimentGoalReached",
              succeeded && goal && reason != "ExperimentTimeout");
    if (reason == "ExperimentFailed") {
      EXPECT_TRUE(!succeeded && too_many && !goal);
    }
    if (reason == "ExperimentMaxTrialsReached") {
      EXPECT_TRUE(succeeded && completed == *spec.max_trial_count && !too_many);
    }
    if (reason == "ExperimentTimeout") {
      EXPECT_TRUE(now_ >= *state_.started_at + spec.timeout.value());
    }
    if (reason == "ExperimentSuggestionEndReached") {
      EXPECT_TRUE(succeeded && proposals_left_ == 0);
    }
    EXPECT_EQ(reason == "ExperimentRetrainFailed", retrain_failed && reason != "ExperimentTimeout");
  }

  void check_best(const std::vector<Trial>& stored) {
    const ExperimentSpec& spec = experiment_.spec;
    const std::optional<hpo::TrialId> best = best_trial(spec, stored);
    EXPECT_EQ(best, tally_->best()) << "I9";
    std::optional<std::vector<double>> costs;
    if (best) costs = comparable_costs(spec, stored[static_cast<std::size_t>(*best)]);
    EXPECT_EQ(best.has_value(), costs.has_value()) << "I9";
    std::set<hpo::TrialId> front;
    for (const Trial& trial : stored) {
      const bool may_count =
          trial.purpose == TrialPurpose::kSearch &&
          (trial.phase == TrialPhase::kSucceeded || trial.phase == TrialPhase::kEarlyStopped);
      const std::optional<std::vector<double>> other = comparable_costs(spec, trial);
      if (!other) continue;
      EXPECT_TRUE(may_count && costs && *other >= *costs) << "I9";
      EXPECT_TRUE(std::isfinite(other->front())) << "I9";
      if (!is_dominated(stored, *other)) front.insert(trial.number);
    }
    const std::vector<hpo::TrialId> found = pareto_front(spec, stored);
    EXPECT_EQ(std::set<hpo::TrialId>(found.begin(), found.end()), front) << "I9";
    if (spec.objectives.size() == 1) return;
    EXPECT_EQ(tally_->front_size(), front.size()) << "I9";
    for (const hpo::TrialId number : front) EXPECT_TRUE(tally_->is_among_best(number)) << "I9";
  }

  bool is_dominated(const std::vector<Trial>& stored, const std::vector<double>& costs) const {
    return std::any_of(stored.begin(), stored.end(), [&](const Trial& trial) {
      const auto other = comparable_costs(experiment_.spec, trial);
      return other && hpo::dominates(*other, costs);
    });
  }

  void check_retrained(const std::vector<Trial>& stored) {
    std::vector<hpo::TrialId> retrained;
    for (const Trial& trial : stored) {
      if (trial.purpose == TrialPurpose::kRetrain) retrained.push_back(*trial.retrain_of);
    }
    const ExperimentSpec& spec = experiment_.spec;
    const std::set<hpo::TrialId> unique(retrained.begin(), retrained.end());
    EXPECT_EQ(unique.size(), retrained.size()) << "I4";
    if (state_.phase != ExperimentPhase::kSucceeded || state_.reason == "ExperimentTimeout") return;
    const std::vector<hpo::TrialId> wanted =
        spec.retrain ? best_trials(spec, stored, spec.retrain->top) : std::vector<hpo::TrialId>();
    EXPECT_EQ(retrained, wanted) << "I10";
  }

  Rng rng_;
  Experiment experiment_;
  std::unique_ptr<Store> store_ = make_memory_store();
  TimePoint now_ = TimePoint{} + seconds(1000);
  int proposals_left_ = 0;               // the algorithm's; it remembers nothing else
  std::map<hpo::TrialId, Trial> ended_;  // as they were when they ended

  // What a crash loses.
  ExperimentState state_;
  std::vector<Trial> trials_;
  std::optional<TrialTally> tally_;
  std::set<hpo::TrialId> processes_;
};

TEST(ReconcileProperty, HoldsThroughRandomEventsAndCrashes) {
  const char* repeated = std::getenv("MIMAR_TEST_SEED");
  const std::uint64_t first = repeated == nullptr ? 0 : std::stoull(repeated);
  const std::uint64_t runs = repeated == nullptr ? 4000 : 1;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    SCOPED_TRACE(testing::Message() << "MIMAR_TEST_SEED=" << seed);
    Model(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace mimar::experiment
