#include "controller/reward_ranks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace mimar::controller {
namespace {

Outcome cost(double value) { return {.costs = {value}}; }

// Standard normal quantiles from a printed table.
constexpr double kQuantile75 = 0.6744897501960817;
constexpr double kQuantile83 = 0.9674215661017009;  // 5/6

TEST(RewardRanks, GivesNormalQuantilesOfTheShareBeaten) {
  RewardRanks ranks;
  EXPECT_DOUBLE_EQ(ranks.add(cost(0.5)), 0.0);
  EXPECT_NEAR(ranks.add(cost(0.4)), kQuantile75, 1e-12);   // beats 1 and half itself, of 2
  EXPECT_NEAR(ranks.add(cost(0.9)), -kQuantile83, 1e-12);  // half itself, of 3
}

TEST(RewardRanks, OnlyTheOrderCounts) {
  RewardRanks plain;
  RewardRanks scaled;
  for (const double value : {3.0, 1.0, 2.0, 5.0, 4.0}) {
    EXPECT_EQ(plain.add(cost(value)), scaled.add(cost(std::exp(100.0 * value))));
  }
}

TEST(RewardRanks, EqualOutcomesGetNothing) {
  RewardRanks ranks;
  for (int i = 0; i < 10; ++i) EXPECT_DOUBLE_EQ(ranks.add(cost(1.0)), 0.0);
}

TEST(RewardRanks, AFailedTrialIsLast) {
  RewardRanks ranks;
  ranks.add(cost(1e9));
  EXPECT_NEAR(ranks.add({}), -kQuantile75, 1e-12);
  EXPECT_NEAR(ranks.add(cost(2e9)), 0.0, 1e-12);  // loses to one, beats one
}

TEST(RewardRanks, ComparesConstraintsBeforeObjectives) {
  EXPECT_EQ(compare({.costs = {9.0}}, {.costs = {1.0}, .violation = 0.1}), 1);
  EXPECT_EQ(compare({.costs = {9.0}, .violation = 0.1}, {.costs = {1.0}, .violation = 0.2}), 1);
  EXPECT_EQ(compare({.costs = {1.0}, .violation = 1.0}, {}), 1);
}

TEST(RewardRanks, SeveralObjectivesCompareByDominance) {
  EXPECT_EQ(compare({.costs = {1.0, 2.0}}, {.costs = {1.0, 3.0}}), 1);
  EXPECT_EQ(compare({.costs = {1.0, 3.0}}, {.costs = {2.0, 2.0}}), 0);
  EXPECT_EQ(compare({.costs = {2.0, 3.0}}, {.costs = {1.0, 3.0}}), -1);
}

TEST(RewardRanks, RejectsAnotherNumberOfObjectives) {
  RewardRanks ranks;
  ranks.add(cost(1.0));
  EXPECT_THROW(ranks.add({.costs = {1.0, 2.0}}), Error);
}

}  // namespace
}  // namespace mimar::controller
