#include "cli/run/screen_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text.h"
#include "tests/support/make_experiment.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentPhase;
using experiment::Observation;
using experiment::Trial;
using experiment::TrialPhase;
using testing::ElementsAre;
using testing::Le;
using testing::SizeIs;
using namespace std::chrono_literals;

const TimePoint kNow = parse_rfc3339("2026-11-24T10:42:07Z");
const ScreenLayout kAscii{.size = {.columns = 100, .rows = 24}, .style = {}, .num_cores = 2};
const ScreenLayout kUtf8{
    .size = {.columns = 100, .rows = 24}, .style = {.utf8 = true}, .num_cores = 2};

/// A run of "demo" with one finished trial and two running ones.
class ScreenTest : public testing::Test {
 protected:
  ScreenTest() {
    experiment_.spec.max_trial_count = 40;
    experiment_.spec.objectives.front().goal = 0.1;
    progress_.emplace(experiment_, std::vector<Trial>{}, kNow - 72min);
    experiment::ExperimentState state;
    state.phase = ExperimentPhase::kRunning;
    progress_->set_state(state);
    finished_.name = "demo-p0a2";
    finished_.phase = TrialPhase::kSucceeded;
    finished_.started_at = kNow - 10min;
    finished_.finished_at = kNow - 8min;
    finished_.metrics = {{"loss", "0.25", "0.9", "0.3"}};
    start(finished_, 10min);
    report(finished_, {0.9, 0.5, 0.3});
  }

  void start(Trial& trial, std::chrono::seconds ago) {
    trial.started_at = kNow - ago;
    progress_->start(trial, kNow);
  }
  void report(const Trial& trial, const std::vector<double>& losses) {
    std::vector<Observation> observations;
    for (const double loss : losses) {
      const auto step = static_cast<std::int64_t>(observations.size()) + 1;
      observations.push_back({"loss", step, kNow, std::to_string(loss)});
    }
    progress_->report(trial, observations);
  }
  Trial running(std::string name, hpo::TrialId number) {
    Trial trial = testing_support::make_trial(experiment_, number);
    trial.name = std::move(name);
    trial.phase = TrialPhase::kRunning;
    return trial;
  }

  experiment::Experiment experiment_ = testing_support::make_experiment();
  std::optional<RunProgress> progress_;
  Trial finished_ = testing_support::make_trial(experiment_, 0);
};

TEST_F(ScreenTest, FinishedTrialsLeaveALine) {
  EXPECT_EQ(finished_line(*progress_, finished_, true, kUtf8),
            "✓ demo-p0a2   loss 0.25   2m00s   ★ best   █▃▁   lr=0.5");
  EXPECT_EQ(finished_line(*progress_, finished_, false, kAscii),
            "+ demo-p0a2   loss 0.25   2m00s   @-.   lr=0.5");
}

TEST_F(ScreenTest, FailedTrialsSayWhyAndWhereToLook) {
  finished_.phase = TrialPhase::kFailed;
  finished_.message = "exit code 137";
  EXPECT_EQ(finished_line(*progress_, finished_, false, kUtf8),
            "✗ demo-p0a2   exit code 137   mimar logs demo-p0a2");
}

TEST_F(ScreenTest, RetrainedTrialsShowWhatTheyReport) {
  finished_.purpose = experiment::TrialPurpose::kRetrain;
  finished_.metrics = {{"test-accuracy", "0.91", "0.923456", "0.923456"}};
  EXPECT_EQ(finished_line(*progress_, finished_, false, kAscii),
            "+ demo-p0a2   retrained   test-accuracy 0.9235   2m00s   @-.   lr=0.5");
}

TEST_F(ScreenTest, TheBlockShowsBudgetBestAndRunningTrials) {
  progress_->finish(finished_, true);
  Trial first = running("demo-m4q7", 1);
  Trial second = running("demo-z8e0", 2);
  start(first, 58s);
  start(second, 24s);
  report(first, {0.9, 0.5, 0.4});
  EXPECT_THAT(
      progress_block(*progress_, kNow, "Ctrl-C: stop", kUtf8),
      ElementsAre(
          "",
          "  demo  Running  1/40 trials  ╸─────────────────────────────  2%   1h12m  ETA 38m19s   "
          "goal 0.1",
          "  best 0.25 (p0a2)   running 2   2 cores", "  TRIAL  STEP  LOSS  ELAPSED  CURVE",
          "  m4q7      3   0.4      58s  █▂▁", "  z8e0                   24s", "  Ctrl-C: stop"));
}

TEST_F(ScreenTest, TheBlockFitsAnyTerminal) {
  for (int i = 1; i <= 30; ++i) {
    Trial trial = running("demo-t" + std::to_string(i), i);
    start(trial, 10s);
    report(trial, {0.1, 0.2});
  }
  for (const std::size_t columns : {1U, 2U, 10U, 40U, 79U, 200U}) {
    for (const std::size_t rows : {1U, 2U, 4U, 5U, 6U, 24U}) {
      const ScreenLayout layout{.size = {.columns = columns, .rows = rows},
                                .style = {.color = true, .utf8 = true}};
      const auto block = progress_block(*progress_, kNow, "Ctrl-C: stop", layout);
      EXPECT_THAT(block, SizeIs(Le(std::max<std::size_t>(rows - 1, 1))));
      for (const std::string& line : block) {
        EXPECT_LE(display_width(line), std::max<std::size_t>(columns - 1, 1)) << line;
      }
    }
  }
}

TEST_F(ScreenTest, ASmallTerminalCountsWhatItCannotShow) {
  for (int i = 1; i <= 6; ++i) {
    Trial trial = running("demo-t" + std::to_string(i), i);
    start(trial, 10s);
  }
  ScreenLayout layout = kAscii;
  layout.size.rows = 9;  // 8 for us: blank, 2 head lines, heading, 2 trials, "and more", hint
  EXPECT_THAT(progress_block(*progress_, kNow, "hint", layout),
              ElementsAre("", testing::_, testing::_, testing::StartsWith("  TRIAL"),
                          testing::StartsWith("  p0a2"), testing::StartsWith("  t1"),
                          "  and 5 more", "  hint"));
}

TEST_F(ScreenTest, SeveralObjectivesShowTheirValuesAndTheFront) {
  auto& objectives = experiment_.spec.objectives;
  objectives.push_back(
      {"accuracy", hpo::Direction::kMaximize, experiment::MetricStrategy::kMax, 0.9});
  RunProgress progress(experiment_, {}, kNow - 5s);
  finished_.metrics.push_back({"accuracy", "0.5", "0.8", "0.7"});
  EXPECT_EQ(finished_line(progress, finished_, true, kUtf8),
            "✓ demo-p0a2   loss 0.25  accuracy 0.8   2m00s   ★ Pareto front   lr=0.5");
  progress.finish(finished_, true);
  Trial other = running("demo-k3x9", 1);
  other.phase = TrialPhase::kSucceeded;
  other.metrics = {{"loss", "0.5", "0.5", "0.5"}, {"accuracy", "0.9", "0.9", "0.9"}};
  progress.finish(other, true);
  const auto block = progress_block(progress, kNow, "hint", kAscii);
  EXPECT_THAT(block[1], testing::EndsWith("goals loss 0.1, accuracy 0.9"));
  EXPECT_EQ(block[2], "  Pareto front 2   best loss 0.25 (p0a2)   running 0   2 cores");
}

TEST_F(ScreenTest, WithoutABudgetThereIsNoBarAndNoTimeLeft) {
  experiment_.spec.max_trial_count.reset();
  experiment_.spec.objectives.front().goal.reset();
  RunProgress progress(experiment_, {}, kNow - 5s);
  EXPECT_THAT(progress_block(progress, kNow, "hint", kAscii),
              ElementsAre("", "  demo  Created  0 trials  5.0s", "  best -   running 0   2 cores",
                          "  hint"));
}

}  // namespace
}  // namespace mimar::cli
