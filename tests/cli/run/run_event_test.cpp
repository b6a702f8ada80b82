#include "cli/run/run_event.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <ctime>

#include "tests/support/make_experiment.h"

namespace mimar::cli {
namespace {

using experiment::TrialPhase;
using namespace std::chrono_literals;
using testing_support::make_experiment;
using testing_support::make_trial;

const TimePoint kNow = parse_rfc3339("2026-11-24T10:42:07Z");

class RunEventTest : public testing::Test {
 protected:
  RunEventTest() {
    setenv("TZ", "UTC", 1);
    tzset();
    trial_.name = "demo-abc";
    trial_.phase = TrialPhase::kSucceeded;
    trial_.started_at = kNow - 124s;
    trial_.finished_at = kNow;
    trial_.metrics = {{"accuracy", "0.25", "0.75", "0.7"}, {"loss", "0.5", "0.9", "0.6"}};
  }

  experiment::Experiment experiment_ = make_experiment();
  experiment::Trial trial_ = make_trial(experiment_, 3);
  RunProgress progress_{experiment_, {}, kNow - 200s};
};

TEST_F(RunEventTest, WritesAFinishedTrialWithTheObjectiveFirst) {
  EXPECT_EQ(to_line(trial_finished_event(progress_, trial_, true, kNow)),
            "10:42:07 trial-succeeded trial=demo-abc number=3 loss=0.5 accuracy=0.7 elapsed=124s "
            "best=true");
  EXPECT_EQ(to_json(trial_finished_event(progress_, trial_, true, kNow)).dump(),
            R"({"time":"2026-11-24T10:42:07Z","event":"trial-succeeded","trial":"demo-abc",)"
            R"("number":3,"metrics":{"loss":0.5,"accuracy":0.7},"elapsed":124.0,"best":true})");
}

TEST_F(RunEventTest, SaysWhyATrialFailed) {
  trial_.phase = TrialPhase::kFailed;
  trial_.metrics.clear();
  trial_.reason = "TrialFailed";
  trial_.message = "exit code 3";
  trial_.started_at = kNow - 1234ms;
  EXPECT_EQ(to_line(trial_finished_event(progress_, trial_, false, kNow)),
            "10:42:07 trial-failed trial=demo-abc number=3 reason=TrialFailed "
            "message=\"exit code 3\" elapsed=1.2s");
}

TEST_F(RunEventTest, WritesNotANumberAsText) {
  trial_.metrics = {{"loss", "nan", "nan", "nan"}};
  EXPECT_EQ(to_json(trial_finished_event(progress_, trial_, false, kNow))["metrics"]["loss"],
            "nan");
}

TEST_F(RunEventTest, TellsRetrainedTrialsFromTheSearch) {
  trial_.purpose = experiment::TrialPurpose::kRetrain;
  trial_.retrain_of = 1;
  EXPECT_EQ(trial_started_event(trial_, kNow).name, "retrain-started");
  EXPECT_EQ(to_json(trial_started_event(trial_, kNow))["of"], 1);
  EXPECT_EQ(trial_finished_event(progress_, trial_, false, kNow).name, "retrain-succeeded");
}

TEST_F(RunEventTest, WritesProgressWithBestAndTimeLeft) {
  progress_.start(trial_, kNow);
  progress_.finish(trial_, true);
  experiment::Trial running = make_trial(experiment_, 4);
  running.started_at = kNow - 24s;
  progress_.start(running, kNow);
  // One of four done in 124 s; three left, one of them 24 s old; two at a time: (372 - 24) / 2.
  EXPECT_EQ(to_line(progress_event(progress_, kNow)),
            "10:42:07 progress done=1/4 running=1 best=0.5 bestTrial=demo-abc eta=174s");
  EXPECT_EQ(to_json(progress_event(progress_, kNow))["max"], 4);
}

TEST_F(RunEventTest, OfSeveralObjectivesNamesTheFront) {
  experiment_.spec.objectives.push_back(
      {"accuracy", hpo::Direction::kMaximize, experiment::MetricStrategy::kMax, {}});
  RunProgress progress(experiment_, {}, kNow);
  progress.finish(trial_, true);
  EXPECT_EQ(to_line(trial_finished_event(progress, trial_, true, kNow)),
            "10:42:07 trial-succeeded trial=demo-abc number=3 loss=0.5 accuracy=0.75 elapsed=124s "
            "pareto=true");
  EXPECT_EQ(to_line(progress_event(progress, kNow)),
            "10:42:07 progress done=1/4 running=0 best=0.5 bestTrial=demo-abc front=1 eta=186s");
}

TEST_F(RunEventTest, TellsHowFarAFinalTrainingIs) {
  trial_.purpose = experiment::TrialPurpose::kRetrain;
  progress_.start(trial_, kNow);
  progress_.report(trial_, {{"test-accuracy", 3, kNow, "0.9"}, {"test-loss", 3, kNow, "nan"}});
  experiment::ExperimentState retraining;
  retraining.phase = experiment::ExperimentPhase::kRetraining;
  progress_.set_state(retraining);
  EXPECT_EQ(to_line(progress_event(progress_, kNow)),
            "10:42:07 progress done=0/4 running=1 trial=demo-abc step=3 test-accuracy=0.9 "
            "test-loss=nan");
}

TEST_F(RunEventTest, WritesTheEndOfTheExperiment) {
  experiment::ExperimentState state;
  state.phase = experiment::ExperimentPhase::kSucceeded;
  state.reason = "ExperimentGoalReached";
  EXPECT_EQ(to_line(phase_event(progress_, state, kNow)),
            "10:42:07 experiment-succeeded experiment=demo reason=ExperimentGoalReached done=0/4");
}

TEST_F(RunEventTest, TellsOfAPauseWithoutItsPhasesReason) {
  experiment::ExperimentState state;
  state.phase = experiment::ExperimentPhase::kRunning;
  state.reason = "ExperimentRunning";
  state.paused = true;
  EXPECT_EQ(to_line(phase_event(progress_, state, kNow)),
            "10:42:07 experiment-paused experiment=demo");
}

TEST_F(RunEventTest, QuotesTextsThatWouldReadAsSeveral) {
  EXPECT_EQ(to_line(note_event("a \"b\"", kNow)), R"(10:42:07 note message="a \"b\"")");
  EXPECT_EQ(to_line(note_event("plain", kNow)), "10:42:07 note message=plain");
}

}  // namespace
}  // namespace mimar::cli
