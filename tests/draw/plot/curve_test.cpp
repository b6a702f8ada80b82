#include "draw/plot/curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/draw/search_story.h"

namespace mimar::draw {
namespace {

using experiment::Observation;
using testing::ElementsAre;
using testing::Pair;

TEST(Curve, HoldsTheFiniteValuesOfItsMetricByStep) {
  const std::vector<Observation> observations = {{"loss", 1, {}, "0.9"}, {"accuracy", 1, {}, "0.1"},
                                                 {"loss", 2, {}, "nan"}, {"loss", 3, {}, "0.7"},
                                                 {"loss", 3, {}, "0.6"}, {"loss", 4, {}, "text"}};
  EXPECT_THAT(read_curve(observations, "loss"), ElementsAre(Pair(1, 0.9), Pair(3, 0.6)));
}

TEST(Curve, IsDrawnForEveryTrialOfASmallSearch) {
  const SearchStory story = make_story(20);
  const Metric metric = get_metric(story.experiment.spec, "");
  const CurveChoice choice = choose_curves(read_points(story.subject(), metric), metric);
  EXPECT_EQ(choice.points.size(), 20U);
  EXPECT_EQ(choice.num_best, kBestCurves);
}

TEST(Curve, IsDrawnForTheBestAndAnEvenChoiceOfALargeSearch) {
  const SearchStory story = make_story(5000);
  const Metric metric = get_metric(story.experiment.spec, "");
  const auto points = read_points(story.subject(), metric);
  const CurveChoice choice = choose_curves(points, metric);
  EXPECT_EQ(choice.num_all, 5000U);
  ASSERT_EQ(choice.points.size(), kMostCurves);
  std::set<hpo::TrialId> numbers;
  for (const TrialPoint& point : choice.points) numbers.insert(point.number);
  EXPECT_EQ(numbers.size(), kMostCurves);
  EXPECT_EQ(choice.points.back().number, best_points(points, metric, 1).front().number);
  EXPECT_LT(*numbers.begin(), 200);
  EXPECT_GT(*numbers.rbegin(), 4800);
}

}  // namespace
}  // namespace mimar::draw
