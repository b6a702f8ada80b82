#include "experiment/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "experiment/trial_outcome.h"
#include "tests/support/make_experiment.h"

namespace mimar::experiment {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::make_experiment;
using testing_support::make_trial;

const TimePoint kNow = TimePoint{} + std::chrono::hours(1);

/// An experiment in the making: trials are appended in the phase that the test needs.
struct Scene {
  Experiment experiment = make_experiment();
  ExperimentState state{.phase = ExperimentPhase::kRunning,
                        .reason = {},
                        .message = {},
                        .created_at = {},
                        .started_at = kNow - seconds(100),
                        .finished_at = {}};
  std::vector<Trial> trials;

  Trial& add(TrialPhase phase, std::string loss = "") {
    Trial trial = make_trial(experiment, static_cast<hpo::TrialId>(trials.size()));
    trial.phase = phase;
    if (phase != TrialPhase::kCreated) trial.started_at = kNow - seconds(10);
    if (!loss.empty()) trial.metrics = {{"loss", loss, loss, loss}};
    trials.push_back(trial);
    return trials.back();
  }
  Trial& add_retrain(hpo::TrialId of, TrialPhase phase) {
    Trial& trial = add(phase);
    trial.purpose = TrialPurpose::kRetrain;
    trial.retrain_of = of;
    return trial;
  }
  std::vector<Action> actions() const { return decision().actions; }
  Decision decision() const { return reconcile({experiment, state, trials}, kNow); }

  /// The phase and reason that the one action sets.
  std::pair<ExperimentPhase, std::string> ending() const {
    const std::vector<Action> all = actions();
    if (all.size() != 1) return {ExperimentPhase::kCreated, concat(all.size(), " actions")};
    const auto* set = std::get_if<SetPhase>(&all[0]);
    if (set == nullptr) return {ExperimentPhase::kCreated, "no SetPhase"};
    return {set->phase, set->reason};
  }
};

testing::Matcher<std::pair<ExperimentPhase, std::string>> ends(ExperimentPhase phase,
                                                               const char* reason) {
  return testing::Pair(phase, reason);
}

TEST(Reconcile, StartsThenFillsUpToParallelTrialCount) {
  Scene scene;
  scene.state.phase = ExperimentPhase::kCreated;
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kRunning, "ExperimentRunning"));
  scene.state.phase = ExperimentPhase::kRunning;
  EXPECT_THAT(scene.actions(), ElementsAre(Action(ProposeTrials{2})));
  scene.add(TrialPhase::kCreated);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{0}), Action(ProposeTrials{1})));
}

TEST(Reconcile, NeverProposesBeyondMaxTrialCountEvenWithMetricsUnavailable) {
  Scene scene;
  for (int i = 0; i < 3; ++i) scene.add(TrialPhase::kMetricsUnavailable);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(ProposeTrials{1})));
  scene.add(TrialPhase::kRunning);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{3})));
}

TEST(Reconcile, EndsWhenMaxTrialCountTrialsHaveEnded) {
  Scene scene;
  for (int i = 0; i < 4; ++i) scene.add(TrialPhase::kKilled);
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentMaxTrialsReached"));
}

TEST(Reconcile, GoalGoesBeforeFailuresAndStopsRunningTrials) {
  Scene scene;
  scene.experiment.spec.objectives[0].goal = 0.1;
  scene.experiment.spec.max_failed_trial_count = 1;
  scene.add(TrialPhase::kFailed);
  scene.add(TrialPhase::kSucceeded, "0.1");
  Trial& running = scene.add(TrialPhase::kRunning);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(StopTrial{2, StopReason::kExperimentDone})));
  running.phase = TrialPhase::kKilled;
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentGoalReached"));
}

TEST(Reconcile, StopsWhatTheEarlyStoppingRuleGivesUp) {
  Scene scene;
  scene.add(TrialPhase::kSucceeded, "0.5");
  scene.add(TrialPhase::kRunning);
  scene.add(TrialPhase::kCreated);  // was cut short and waits to run again
  const std::vector<hpo::EarlyStop> stops = {{0, "too late"}, {1, "bad"}, {2, "bad before"}};
  const Snapshot snapshot{scene.experiment, scene.state, scene.trials, 0, stops};
  EXPECT_THAT(reconcile(snapshot, kNow).actions,
              ElementsAre(Action(StopTrial{1, StopReason::kEarlyStopped, "bad"}),
                          Action(StopTrial{2, StopReason::kEarlyStopped, "bad before"})));
}

TEST(Reconcile, EveryStatedGoalMustBeMetByOneTrial) {
  Scene scene;
  ExperimentSpec& spec = scene.experiment.spec;
  spec.objectives[0].goal = 0.1;
  spec.objectives.push_back({"acc", hpo::Direction::kMaximize, MetricStrategy::kMax, 0.9});
  scene.add(TrialPhase::kSucceeded, "0.05").metrics.push_back({"acc", "0.8", "0.8", "0.8"});
  EXPECT_THAT(scene.actions(), ElementsAre(Action(ProposeTrials{2})));
  scene.add(TrialPhase::kSucceeded, "0.06").metrics.push_back({"acc", "0.9", "0.9", "0.9"});
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentGoalReached"));
}

TEST(Reconcile, MaxFailedCountsMetricsUnavailableAndZeroMeansTheFirst) {
  Scene scene;
  scene.experiment.spec.max_failed_trial_count = 2;
  scene.add(TrialPhase::kMetricsUnavailable);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(ProposeTrials{2})));
  scene.experiment.spec.max_failed_trial_count = 0;
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kFailed, "ExperimentFailed"));
  scene.experiment.spec.max_failed_trial_count = 2;
  scene.add(TrialPhase::kFailed);
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kFailed, "ExperimentFailed"));
  scene.trials.clear();
  scene.experiment.spec.max_failed_trial_count = 0;
  EXPECT_THAT(scene.actions(), ElementsAre(Action(ProposeTrials{2})));
}

TEST(Reconcile, TimeLimitSucceedsOnlyWithAResult) {
  Scene scene;
  scene.experiment.spec.timeout = seconds(101);
  scene.experiment.spec.retrain = Retrain{};
  scene.add(TrialPhase::kSucceeded, "nan");
  EXPECT_EQ(scene.decision().look_again_at, kNow + seconds(1));
  scene.experiment.spec.timeout = seconds(100);
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kFailed, "ExperimentTimeout"));
  scene.add(TrialPhase::kSucceeded, "0.5");
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentTimeout"));
}

TEST(Reconcile, AnExhaustedSearchWaitsForItsTrials) {
  Scene scene;
  scene.state.search_exhausted = true;
  Trial& last = scene.add(TrialPhase::kRunning);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{0})));
  last.phase = TrialPhase::kSucceeded;
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentSuggestionEndReached"));
}

TEST(Reconcile, StopsTrialsAtTheirLimits) {
  Scene scene;
  scene.experiment.spec.trial_timeout = seconds(30);
  scene.experiment.spec.stall_timeout = seconds(12);
  Trial& trial = scene.add(TrialPhase::kRunning);  // for 10 s
  EXPECT_EQ(scene.decision().look_again_at, kNow + seconds(2));
  trial.last_report_at = kNow - seconds(1);
  EXPECT_EQ(scene.decision().look_again_at, kNow + seconds(11));
  trial.last_report_at = kNow - seconds(12);
  EXPECT_THAT(scene.actions(), testing::Contains(Action(StopTrial{0, StopReason::kStalled})));
  trial.started_at = kNow - seconds(30);
  EXPECT_THAT(scene.actions(), testing::Contains(Action(StopTrial{0, StopReason::kTimeout})));
}

TEST(Reconcile, AfterAStopRunningTrialsFinishAndCreatedOnesWait) {
  Scene scene;
  scene.state.stop_requested = true;
  scene.add(TrialPhase::kRunning);
  scene.add(TrialPhase::kCreated);
  EXPECT_THAT(scene.actions(), IsEmpty());
  scene.trials[0].phase = TrialPhase::kSucceeded;
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kStopped, "ExperimentStopped"));
  scene.state.phase = ExperimentPhase::kStopped;
  EXPECT_THAT(scene.actions(), IsEmpty());
}

TEST(Reconcile, WhilePausedRunningTrialsFinishAndNothingNewStarts) {
  Scene scene;
  scene.experiment.spec.parallel_trial_count = 3;
  scene.state.paused = true;
  scene.add(TrialPhase::kRunning);
  scene.add(TrialPhase::kCreated);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{0})));
  scene.trials[0].phase = TrialPhase::kSucceeded;
  EXPECT_THAT(scene.actions(), IsEmpty());  // waits, where a stop would end the run
  scene.state.paused = false;
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{1}), Action(ProposeTrials{2})));
}

TEST(Reconcile, APausedSearchEndsWhenItsTrialsSaySo) {
  Scene scene;
  scene.state.paused = true;
  for (int i = 0; i < 4; ++i) scene.add(TrialPhase::kSucceeded, "0.5");
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentMaxTrialsReached"));
  scene.experiment.spec.retrain = Retrain{.top = 1, .parameters = {}};
  scene.state.phase = ExperimentPhase::kRetraining;
  EXPECT_THAT(scene.actions(), IsEmpty());
  const SetPhase over{ExperimentPhase::kSucceeded, "reason", "message"};
  EXPECT_FALSE(enter(scene.state, over, kNow).paused);
}

TEST(Reconcile, AnExhaustedSearchStillTakesWhatIsEnqueued) {
  Scene scene;
  scene.state.search_exhausted = true;
  const auto decide = [&](int num_enqueued) {
    return reconcile({scene.experiment, scene.state, scene.trials, num_enqueued}, kNow).actions;
  };
  EXPECT_THAT(decide(1), ElementsAre(Action(ProposeTrials{1})));
  EXPECT_THAT(decide(3), ElementsAre(Action(ProposeTrials{2})));
  scene.add(TrialPhase::kRunning);
  EXPECT_THAT(decide(0), ElementsAre(Action(LaunchTrial{0})));
  EXPECT_THAT(decide(3), ElementsAre(Action(LaunchTrial{0}), Action(ProposeTrials{1})));
}

TEST(Reconcile, ALoweredParallelCountLetsNothingInUntilRoomIsMade) {
  Scene scene;
  scene.experiment.spec.parallel_trial_count = 1;
  scene.add(TrialPhase::kCreated);
  scene.add(TrialPhase::kRunning);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{1})));
}

TEST(Reconcile, RetrainsTheBestThenSucceedsWithTheSearchsReason) {
  Scene scene;
  scene.experiment.spec.retrain = Retrain{.top = 3, .parameters = {}};
  for (const char* loss : {"0.3", "0.1", "nan", "0.2"}) scene.add(TrialPhase::kSucceeded, loss);
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kRetraining, "ExperimentMaxTrialsReached"));
  scene.state.phase = ExperimentPhase::kRetraining;
  scene.state.reason = "ExperimentMaxTrialsReached";
  EXPECT_THAT(scene.actions(), ElementsAre(Action(RetrainTrial{1}), Action(RetrainTrial{3})));

  scene.add_retrain(1, TrialPhase::kCreated);
  scene.add_retrain(3, TrialPhase::kRunning);
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{4}), Action(LaunchTrial{5})));
  scene.trials[4].phase = TrialPhase::kSucceeded;
  EXPECT_THAT(scene.actions(), ElementsAre(Action(LaunchTrial{5}), Action(RetrainTrial{0})));
  scene.trials[5].phase = TrialPhase::kSucceeded;
  scene.add_retrain(0, TrialPhase::kSucceeded);
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentMaxTrialsReached"));
}

TEST(Reconcile, AFailedRetrainFailsTheExperiment) {
  Scene scene;
  scene.experiment.spec.retrain = Retrain{.top = 2, .parameters = {}};
  for (const char* loss : {"0.3", "0.1"}) scene.add(TrialPhase::kSucceeded, loss);
  scene.state.phase = ExperimentPhase::kRetraining;
  scene.add_retrain(1, TrialPhase::kFailed);
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kFailed, "ExperimentRetrainFailed"));
}

TEST(Reconcile, NothingIsRetrainedWithoutAResult) {
  Scene scene;
  scene.experiment.spec.retrain = Retrain{};
  for (int i = 0; i < 4; ++i) scene.add(TrialPhase::kSucceeded, "inf");
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentMaxTrialsReached"));
}

TEST(BestTrial, IsFeasibleFiniteAndTheEarliestOfEquals) {
  Scene scene;
  ExperimentSpec& spec = scene.experiment.spec;
  for (const char* loss : {"nan", "0.2", "-inf", "0.2", "0.1", "text"}) {
    scene.add(TrialPhase::kSucceeded, loss).metrics.push_back({"size", "9", "9", "9"});
  }
  scene.add(TrialPhase::kFailed, "0");
  EXPECT_THAT(best_trials(spec, scene.trials, 5), ElementsAre(4, 1, 3));
  spec.objectives[0].direction = hpo::Direction::kMaximize;
  EXPECT_EQ(best_trial(spec, scene.trials), 1);
  spec.constraints = {{"size", {}, 10.0}};
  scene.trials[1].metrics[1].latest = "11";
  scene.trials[3].metrics.pop_back();  // not reported: breaks the constraint
  EXPECT_THAT(best_trials(spec, scene.trials, 5), ElementsAre(4));
}

/// Loss to be minimised and accuracy to be maximised, as texts.
void add_pair(Scene& scene, const std::string& loss, const std::string& accuracy) {
  scene.add(TrialPhase::kSucceeded, loss)
      .metrics.push_back({"accuracy", accuracy, accuracy, accuracy});
}

TEST(BestTrial, OfSeveralObjectivesStandsFirstOnTheParetoFront) {
  Scene scene;
  ExperimentSpec& spec = scene.experiment.spec;
  spec.objectives.push_back({"accuracy", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
  add_pair(scene, "0.3", "0.9");  // front
  add_pair(scene, "0.1", "0.2");  // equal to 4 in loss, worse in accuracy
  add_pair(scene, "0.3", "0.8");  // behind 0
  add_pair(scene, "0.2", "0.5");  // front
  add_pair(scene, "0.1", "0.4");  // front
  add_pair(scene, "0.0", "nan");  // no value of an objective
  add_pair(scene, "0.1", "0.1");  // behind 1
  EXPECT_EQ(best_trial(spec, scene.trials), 4);
  EXPECT_THAT(pareto_front(spec, scene.trials), ElementsAre(4, 3, 0));
  EXPECT_THAT(best_trials(spec, scene.trials, 9), ElementsAre(4, 3, 0, 1, 2, 6));
  spec.constraints = {{"accuracy", 0.45, {}}};
  EXPECT_THAT(pareto_front(spec, scene.trials), ElementsAre(3, 0));
}

TEST(BestTrial, OfTenThousandTrialsComesAtOnce) {
  Scene scene;
  ExperimentSpec& spec = scene.experiment.spec;
  spec.objectives.push_back({"accuracy", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
  for (int i = 0; i < 10'000; ++i) add_pair(scene, concat(0.5 + i), concat(0.25 + i));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(pareto_front(spec, scene.trials).size(), 10'000U);
  // Milliseconds; comparing each with each would take seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(1));
}

TEST(Reconcile, AnInfeasibleTrialReachesNoGoal) {
  Scene scene;
  scene.experiment.spec.objectives[0].goal = 0.2;
  scene.experiment.spec.constraints = {{"accuracy", 0.5, {}}};
  add_pair(scene, "0.1", "0.4");
  EXPECT_THAT(scene.actions(), ElementsAre(Action(ProposeTrials{2})));
  add_pair(scene, "0.2", "0.5");
  EXPECT_THAT(scene.ending(), ends(ExperimentPhase::kSucceeded, "ExperimentGoalReached"));
}

TEST(Reconcile, RetrainsTheTopOfTheParetoFront) {
  Scene scene;
  ExperimentSpec& spec = scene.experiment.spec;
  spec.objectives.push_back({"accuracy", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
  spec.retrain = Retrain{.top = 3, .parameters = {}};
  spec.parallel_trial_count = 3;
  add_pair(scene, "0.1", "0.2");  // behind 2
  add_pair(scene, "0.3", "0.9");
  add_pair(scene, "0.1", "0.4");
  add_pair(scene, "0.4", "0.9");  // behind 1
  scene.state.phase = ExperimentPhase::kRetraining;
  EXPECT_THAT(scene.actions(), ElementsAre(Action(RetrainTrial{2}), Action(RetrainTrial{1}),
                                           Action(RetrainTrial{0})));
}

TrialExited exited(bool succeeded, std::optional<StopReason> stopped = {}) {
  TrialExited exit;
  exit.succeeded = succeeded;
  exit.stopped = stopped;
  exit.message = "exit code 3";
  return exit;
}

TEST(Judge, FollowsKatibsRules) {
  ExperimentSpec spec = make_experiment().spec;
  const std::vector<MetricSummary> loss = {{"loss", "1", "1", "1"}};
  const std::vector<MetricSummary> text = {{"loss", "unavailable", "unavailable", "nan"}};
  const auto judged = [&](const std::vector<MetricSummary>& metrics, const TrialExited& exit,
                          TrialPurpose purpose = TrialPurpose::kSearch) {
    Trial trial;
    trial.purpose = purpose;
    trial.metrics = metrics;
    return judge(spec, trial, exit);
  };
  const auto phase = [&](const std::vector<MetricSummary>& metrics, const TrialExited& exit) {
    return judged(metrics, exit).phase;
  };
  EXPECT_EQ(phase(loss, exited(true)), TrialPhase::kSucceeded);
  EXPECT_EQ(phase(text, exited(true)), TrialPhase::kSucceeded);
  EXPECT_EQ(phase({}, exited(true)), TrialPhase::kMetricsUnavailable);
  EXPECT_EQ(judged({}, exited(true), TrialPurpose::kRetrain).phase, TrialPhase::kSucceeded);
  EXPECT_EQ(judged({}, exited(false), TrialPurpose::kRetrain).phase, TrialPhase::kFailed);
  EXPECT_EQ(phase(loss, exited(false)), TrialPhase::kFailed);
  EXPECT_EQ(judged(loss, exited(false)).message, "exit code 3");
  spec.objectives.push_back({"accuracy", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
  EXPECT_EQ(phase(loss, exited(true)), TrialPhase::kMetricsUnavailable);
  EXPECT_EQ(judged(loss, exited(true)).message,
            "ended well but never reported the metric \"accuracy\"");
  EXPECT_EQ(phase(loss, exited(false, StopReason::kEarlyStopped)), TrialPhase::kEarlyStopped);
  EXPECT_EQ(phase(loss, exited(false, StopReason::kExperimentDone)), TrialPhase::kKilled);
  EXPECT_EQ(phase(loss, exited(false, StopReason::kStoppedByUser)), TrialPhase::kKilled);
  EXPECT_EQ(phase(loss, exited(true, StopReason::kKilledByUser)), TrialPhase::kKilled);
  EXPECT_EQ(phase(loss, exited(false, StopReason::kTimeout)), TrialPhase::kFailed);
  EXPECT_EQ(phase(loss, exited(false, StopReason::kStalled)), TrialPhase::kFailed);
  spec.metrics_collector.kind = CollectorKind::kNone;
  EXPECT_EQ(phase({}, exited(true)), TrialPhase::kSucceeded);
}

TEST(ToReports, MakesOneOfEachStepThatHasAnObjective) {
  ExperimentSpec spec = make_experiment().spec;
  spec.objectives.push_back({"acc", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
  const auto reports = to_reports(spec, 3,
                                  {{"acc", 2, {}, "0.5"},
                                   {"loss", 1, {}, "nan"},
                                   {"loss", 2, {}, "7"},
                                   {"other", 4, {}, "1"},
                                   {"loss", 2, {}, "6"},
                                   {"loss", 9, {}, "a text"}});
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].step, 1);
  EXPECT_THAT(reports[0].objectives, ElementsAre(testing::IsNan(), testing::IsNan()));
  EXPECT_EQ(reports[1], (hpo::Reported{3, 2, {6.0, 0.5}}));
  EXPECT_EQ(reports[2].step, 9);
  EXPECT_THAT(reports[2].objectives, ElementsAre(testing::IsNan(), testing::IsNan()));
}

TEST(ToFinished, HoldsValuesAndViolations) {
  Scene scene;
  ExperimentSpec& spec = scene.experiment.spec;
  spec.objectives.push_back({"acc", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
  spec.constraints = {{"size", 5.0, 10.0}, {"gone", {}, 1.0}};
  Trial& trial = scene.add(TrialPhase::kSucceeded, "0.5");
  trial.metrics.push_back({"size", "1", "30", "12"});
  const hpo::Finished finished = to_finished(spec, trial);
  EXPECT_EQ(finished.state, hpo::TrialState::kSucceeded);
  EXPECT_THAT(finished.objectives, ElementsAre(0.5, testing::IsNan()));
  EXPECT_THAT(finished.constraints, ElementsAre(2.0, std::numeric_limits<double>::infinity()));
  trial.phase = TrialPhase::kFailed;
  EXPECT_THAT(to_finished(spec, trial).objectives, IsEmpty());
}

}  // namespace
}  // namespace mimar::experiment
