#include "draw/plot/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/rng.h"
#include "tests/draw/search_story.h"

namespace mimar::draw {
namespace {

using testing::ElementsAre;

const Metric kSmall = {"latency", hpo::Direction::kMinimize, experiment::MetricStrategy::kMin};
const Metric kGreat = {"accuracy", hpo::Direction::kMaximize, experiment::MetricStrategy::kMax};

PlanePoint point(double x, double y, Outcome outcome = Outcome::kSucceeded) {
  PlanePoint point{.trial = {}, .x = x, .y = y};
  point.trial.outcome = outcome;
  point.trial.value = y;
  return point;
}

TEST(Front, HoldsWhatNothingBeats) {
  const std::vector<PlanePoint> points = {point(3, 0.9), point(1, 0.5), point(2, 0.4),
                                          point(2, 0.8), point(4, 0.9), point(3, 0.7)};
  EXPECT_THAT(front_of(points, kSmall, kGreat), ElementsAre(1, 3, 0));
}

TEST(Front, LeavesOutInfeasibleTrials) {
  const std::vector<PlanePoint> points = {point(1, 0.9, Outcome::kInfeasible), point(2, 0.5)};
  EXPECT_THAT(front_of(points, kSmall, kGreat), ElementsAre(1));
}

TEST(Front, HoldsEqualPointsTogether) {
  const std::vector<PlanePoint> points = {point(1, 0.5), point(1, 0.5), point(1, 0.4)};
  EXPECT_THAT(front_of(points, kSmall, kGreat), ElementsAre(0, 1));
}

TEST(Front, IsWhatComparingAllPairsGives) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::vector<PlanePoint> points;
    for (int i = 0; i < 60; ++i) {
      points.push_back(
          point(static_cast<double>(rng.index(12)), static_cast<double>(rng.index(12))));
    }
    std::set<std::size_t> expected;
    for (std::size_t i = 0; i < points.size(); ++i) {
      bool beaten = false;
      for (const PlanePoint& other : points) {
        beaten |= other.x <= points[i].x && other.y >= points[i].y &&
                  (other.x < points[i].x || other.y > points[i].y);
      }
      if (!beaten) expected.insert(i);
    }
    const auto front = front_of(points, kSmall, kGreat);
    EXPECT_EQ(std::set<std::size_t>(front.begin(), front.end()), expected);
  }
}

TEST(Front, ReadsTrialsThatHaveBothValues) {
  SearchStory story = make_story(0);
  story.trials = {make_finished(0, {{"loss", 1.0}, {"latency-ms", 2.0}}),
                  make_finished(1, {{"loss", 1.0}})};
  const auto points = read_plane(story.subject(), get_metric(story.experiment.spec, "latency-ms"),
                                 get_metric(story.experiment.spec, "loss"));
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].x, 2.0);
  EXPECT_EQ(points[0].y, 1.0);
}

}  // namespace
}  // namespace mimar::draw
