#include "hpo/multi_objective/score.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mimar::hpo {
namespace {

using testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const std::vector<Direction> kLoss = {Direction::kMinimize};
const std::vector<Direction> kLossAndAccuracy = {Direction::kMinimize, Direction::kMaximize};

TEST(Score, TurnsObjectivesSoThatLessIsBetter) {
  const Finished finished{.objectives = {0.5, 0.9}, .constraints = {-3.0, 0.25, 1.0}};
  const auto score = find_score(finished, kLossAndAccuracy);
  ASSERT_TRUE(score);
  EXPECT_THAT(score->costs, ElementsAre(0.5, -0.9));
  EXPECT_EQ(score->violation, 1.25);
  EXPECT_FALSE(score->is_feasible());
}

TEST(Score, IsFeasibleWhenEveryConstraintIsKept) {
  EXPECT_EQ(total_violation({}), 0.0);
  EXPECT_EQ(total_violation(std::vector{0.0, -1.0}), 0.0);
  EXPECT_EQ(total_violation(std::vector{0.0, 1e-9}), 1e-9);
  EXPECT_EQ(total_violation(std::vector{-1.0, kNan}), kInfinity);
  EXPECT_EQ(total_violation(std::vector{-kInfinity, 2.0}), 2.0);
}

TEST(Score, NeedsAFiniteValueOfEveryObjective) {
  TrialRecord trial;
  trial.state = TrialState::kSucceeded;
  EXPECT_FALSE(find_score(trial, kLoss));
  trial.objectives = {1.0};
  EXPECT_TRUE(find_score(trial, kLoss));
  EXPECT_FALSE(find_score(trial, kLossAndAccuracy));
  for (const double value : {kNan, kInfinity, -kInfinity}) {
    trial.objectives = {1.0, value};
    EXPECT_TRUE(find_score(trial, kLoss)) << value;
    EXPECT_FALSE(find_score(trial, kLossAndAccuracy)) << value;
  }
}

TEST(Score, IsOfTrialsThatEndedWithValues) {
  Finished finished{.state = TrialState::kEarlyStopped, .objectives = {1.0}};
  EXPECT_TRUE(find_score(finished, kLoss));
  for (const TrialState state : {TrialState::kPending, TrialState::kFailed,
                                 TrialState::kMetricsUnavailable, TrialState::kKilled}) {
    finished.state = state;
    EXPECT_FALSE(find_score(finished, kLoss));
  }
}

}  // namespace
}  // namespace mimar::hpo
