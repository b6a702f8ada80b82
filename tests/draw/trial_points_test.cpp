#include "draw/trial_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/draw/search_story.h"

namespace mimar::draw {
namespace {

using experiment::TrialPhase;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

/// Trials with these losses.
SearchStory story_of(const std::vector<double>& losses) {
  SearchStory story = make_story(0);
  for (const double loss : losses) {
    story.trials.push_back(
        make_finished(static_cast<hpo::TrialId>(story.trials.size()), {{"loss", loss}}));
  }
  return story;
}

TEST(TrialPoints, FollowTheBestSoFar) {
  SearchStory story = story_of({5.0, 3.0, 4.0, 1.0, 2.0});
  story.trials[3].phase = TrialPhase::kFailed;
  const Metric metric = get_metric(story.experiment.spec, "");
  EXPECT_THAT(
      best_so_far(read_points(story.subject(), metric), metric),
      ElementsAre(Optional(5.0), Optional(3.0), Optional(3.0), Optional(3.0), Optional(2.0)));
}

TEST(TrialPoints, CountUpwardsWhenTheMetricIsMaximized) {
  SearchStory story = story_of({1.0, 3.0, 2.0});
  story.experiment.spec.objectives.front().direction = hpo::Direction::kMaximize;
  const Metric metric = get_metric(story.experiment.spec, "");
  const auto points = read_points(story.subject(), metric);
  EXPECT_EQ(best_points(points, metric, 2).front().number, 1);
  EXPECT_THAT(best_so_far(points, metric),
              ElementsAre(Optional(1.0), Optional(3.0), Optional(3.0)));
}

TEST(TrialPoints, TellOutcomesApart) {
  SearchStory story = story_of({1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  story.experiment.spec.constraints = {{.metric_name = "loss", .min = {}, .max = 5.5}};
  story.trials[1].phase = TrialPhase::kEarlyStopped;
  story.trials[2].phase = TrialPhase::kMetricsUnavailable;
  story.trials[3].phase = TrialPhase::kKilled;
  story.trials[4].phase = TrialPhase::kRunning;
  std::vector<Outcome> outcomes;
  const Metric metric = get_metric(story.experiment.spec, "");
  for (const TrialPoint& point : read_points(story.subject(), metric)) {
    outcomes.push_back(point.outcome);
  }
  EXPECT_THAT(outcomes, ElementsAre(Outcome::kSucceeded, Outcome::kEarlyStopped, Outcome::kFailed,
                                    Outcome::kKilled, Outcome::kOpen, Outcome::kInfeasible));
}

TEST(TrialPoints, LeaveOutFinalTrainingsAndValuesThatAreNoNumbers) {
  SearchStory story = story_of({1.0, 2.0});
  story.trials[0].metrics[0] = {"loss", "unavailable", "unavailable", "nan"};
  story.trials.push_back(make_finished(2, {{"loss", 0.5}}));
  story.trials.back().purpose = experiment::TrialPurpose::kRetrain;
  const Metric metric = get_metric(story.experiment.spec, "");
  const auto points = read_points(story.subject(), metric);
  ASSERT_EQ(points.size(), 2U);
  EXPECT_FALSE(points[0].value);
  EXPECT_THAT(values_of(points), ElementsAre(2.0));
}

TEST(TrialPoints, NameTheNearestMetric) {
  const SearchStory story = make_story(0);
  EXPECT_EQ(get_metric(story.experiment.spec, "latency-ms").direction, hpo::Direction::kMinimize);
  try {
    get_metric(story.experiment.spec, "latency");
    FAIL() << "no such metric";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), HasSubstr("loss, latency-ms"));
  }
}

TEST(TrialPoints, AreBetterInTheDirectionThatIsSaid) {
  SearchStory story = make_story(0);
  story.experiment.spec.additional_metrics = {{"latency-ms", experiment::MetricStrategy::kMax},
                                              {"odd:min", experiment::MetricStrategy::kMax}};
  const experiment::ExperimentSpec& spec = story.experiment.spec;
  EXPECT_EQ(get_metric(spec, "latency-ms").direction, hpo::Direction::kMaximize);
  const Metric said = get_metric(spec, "latency-ms:min");
  EXPECT_EQ(said.name, "latency-ms");
  EXPECT_EQ(said.direction, hpo::Direction::kMinimize);
  EXPECT_EQ(said.strategy, experiment::MetricStrategy::kMax);  // which value counts stays
  EXPECT_EQ(get_metric(spec, "loss:max").direction, hpo::Direction::kMaximize);
  EXPECT_EQ(get_metric(spec, "odd:min").direction, hpo::Direction::kMaximize);  // its whole name
  EXPECT_THROW(get_metric(spec, "los:min"), Error);
}

TEST(TrialPoints, CountOutcomesInTheLegend) {
  const SearchStory story = make_story(20);
  const Metric metric = get_metric(story.experiment.spec, "");
  std::vector<std::string> texts;
  for (const LegendEntry& entry : outcome_legend(read_points(story.subject(), metric))) {
    texts.push_back(entry.text);
  }
  EXPECT_THAT(texts, ElementsAre("succeeded (12)", "stopped early (2)", "failed (2)", "killed (2)",
                                 "not ended (2)"));
}

}  // namespace
}  // namespace mimar::draw
