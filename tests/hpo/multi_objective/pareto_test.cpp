#include "hpo/multi_objective/pareto.h"

#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace mimar::hpo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Score> scores_of(const std::vector<std::vector<double>>& costs) {
  std::vector<Score> scores;
  for (const auto& one : costs) scores.push_back({.costs = one});
  return scores;
}

/// Scores on a coarse lattice, so that ties and repeats are frequent.
std::vector<Score> draw_scores(std::size_t count, int num_objectives, bool constrained, Rng& rng) {
  std::vector<Score> scores(count);
  for (Score& score : scores) {
    for (int k = 0; k < num_objectives; ++k) {
      score.costs.push_back(static_cast<double>(rng.index(6)));
    }
    if (constrained && rng.uniform() < 0.5) score.violation = static_cast<double>(rng.index(3));
    if (constrained && rng.uniform() < 0.1) score.violation = kInfinity;
  }
  return scores;
}

/// Deb's definition as it stands.
bool is_better(const Score& a, const Score& b) {
  if (a.violation != b.violation) return a.violation < b.violation;
  return dominates(a.costs, b.costs);
}

/// Takes fronts off one by one, as the definition of the rank says.
std::vector<std::size_t> ranks_by_peeling(const std::vector<Score>& scores) {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::vector<std::size_t> ranks(scores.size(), kNone);
  std::size_t num_left = scores.size();
  for (std::size_t rank = 0; num_left > 0; ++rank) {
    std::vector<std::size_t> front;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (ranks[i] != kNone) continue;
      bool is_beaten = false;
      for (std::size_t j = 0; j < scores.size(); ++j) {
        is_beaten |= ranks[j] == kNone && is_better(scores[j], scores[i]);
      }
      if (!is_beaten) front.push_back(i);
    }
    for (const std::size_t i : front) ranks[i] = rank;
    num_left -= front.size();
  }
  return ranks;
}

TEST(Dominates, NeedsNothingWorseAndSomethingBetter) {
  EXPECT_TRUE(dominates(std::vector{1.0, 2.0}, std::vector{1.0, 3.0}));
  EXPECT_FALSE(dominates(std::vector{1.0, 3.0}, std::vector{1.0, 2.0}));
  EXPECT_FALSE(dominates(std::vector{1.0, 2.0}, std::vector{1.0, 2.0}));
  EXPECT_FALSE(dominates(std::vector{1.0, 2.0}, std::vector{2.0, 1.0}));
}

TEST(NondominatedRanks, OfAHandExample) {
  //  4 | a . . .        a (1,4)  b (2,2)  c (4,1): nothing dominates them
  //  3 | . d . e        d (2,3)  behind b;  e (4,3) behind d
  //  2 | . b f .        f (3,2)  behind b
  //  1 | . . . c
  EXPECT_THAT(nondominated_ranks(scores_of({{1, 4}, {2, 2}, {4, 1}, {2, 3}, {4, 3}, {3, 2}})),
              ElementsAre(0, 0, 0, 1, 2, 1));
  EXPECT_THAT(nondominated_ranks({}), IsEmpty());
}

TEST(NondominatedRanks, OfOneObjectiveAreTheOrderOfValues) {
  EXPECT_THAT(nondominated_ranks(scores_of({{3}, {1}, {2}, {1}})), ElementsAre(2, 0, 1, 0));
}

TEST(NondominatedRanks, PutWhatViolatesLessFirst) {
  const std::vector<Score> scores = {{.costs = {0, 0}, .violation = 2.0},
                                     {.costs = {9, 9}},
                                     {.costs = {5, 5}, .violation = 0.5},
                                     {.costs = {1, 2}, .violation = 2.0},
                                     {.costs = {0, 0}, .violation = kInfinity}};
  EXPECT_THAT(nondominated_ranks(scores), ElementsAre(2, 0, 1, 3, 4));
}

TEST(NondominatedRanks, AgreeWithPeelingFrontByFront) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const int num_objectives = 1 + static_cast<int>(rng.index(4));
    const auto scores = draw_scores(rng.index(60), num_objectives, seed % 2 == 1, rng);
    EXPECT_EQ(nondominated_ranks(scores), ranks_by_peeling(scores));
  }
}

TEST(CrowdingDistances, OfAHandExample) {
  // Gaps of b: (3 - 0)/10 + (10 - 5)/10; of c: (10 - 1)/10 + (8 - 0)/10.
  const auto scores = scores_of({{0, 10}, {1, 8}, {3, 5}, {10, 0}, {11, 11}});
  const auto ranks = nondominated_ranks(scores);
  ASSERT_THAT(ranks, ElementsAre(0, 0, 0, 0, 1));
  const auto distances = crowding_distances(scores, ranks);
  EXPECT_EQ(distances[0], kInfinity);
  EXPECT_DOUBLE_EQ(distances[1], 0.8);
  EXPECT_DOUBLE_EQ(distances[2], 1.7);
  EXPECT_EQ(distances[3], kInfinity);
  EXPECT_EQ(distances[4], 0.0);  // alone on its front: no objective has a range
}

TEST(CrowdingDistances, SayNothingWhereAllAreEqual) {
  const auto scores = scores_of({{1}, {1}, {1}});
  EXPECT_THAT(crowding_distances(scores, nondominated_ranks(scores)), ElementsAre(0, 0, 0));
}

TEST(CrowdedRank, IsBetterOnABetterFrontAndThenWhereItIsLonelier) {
  EXPECT_TRUE((CrowdedRank{0, 0.1}.is_better_than({1, 9.0})));
  EXPECT_FALSE((CrowdedRank{1, 9.0}.is_better_than({0, 0.1})));
  EXPECT_TRUE((CrowdedRank{1, 2.0}.is_better_than({1, 1.0})));
  EXPECT_FALSE((CrowdedRank{1, 1.0}.is_better_than({1, 1.0})));
}

TEST(ParetoFront, HoldsWhatHasRankZeroWhateverTheOrder) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const auto scores = draw_scores(40, 2 + static_cast<int>(rng.index(2)), false, rng);
    ParetoFront front;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto so_far = nondominated_ranks(std::span(scores).first(i + 1));
      const auto id = static_cast<TrialId>(i);
      EXPECT_EQ(front.add(id, scores[i].costs), so_far[i] == 0);
      EXPECT_EQ(front.contains(id), so_far[i] == 0);
      EXPECT_EQ(front.size(), static_cast<std::size_t>(std::ranges::count(so_far, 0U)));
    }
  }
}

}  // namespace
}  // namespace mimar::hpo
