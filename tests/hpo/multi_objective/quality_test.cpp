#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "hpo/multi_objective/score.h"
#include "hpo/sampler.h"
#include "tests/support/hypervolume.h"
#include "tests/support/objectives.h"
#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

constexpr int kSeeds = 11;
constexpr int kTrials = 150;
constexpr int kDimensions = 5;

/// Squared distances from two points, one to be minimised and the other, negated, to be maximised:
/// the best trade-offs lie on the segment between them. With `bound`, x0 may not exceed it.
Finished finish(TrialId id, const space::Assignment& assignment, double bound) {
  const objectives::Vector near_one(kDimensions, 1.0);
  const objectives::Vector near_minus_one(kDimensions, -1.0);
  const double first = objectives::sphere(objectives::coordinates(assignment, near_one));
  const double second = objectives::sphere(objectives::coordinates(assignment, near_minus_one));
  const double excess = objectives::coordinates(assignment).front() - bound;
  return {.trial = id, .objectives = {first, -second}, .constraints = {excess}};
}

/// Median over seeds of the area dominated within (40, 40) after kTrials.
double median_hypervolume(std::string_view algorithm, double bound) {
  std::vector<double> areas;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const std::vector<Direction> directions = {Direction::kMinimize, Direction::kMaximize};
    const auto sampler = make_sampler(algorithm, {},
                                      {.space = spaces::cube(kDimensions, -5.0, 5.0),
                                       .directions = directions,
                                       .seed = seed,
                                       .max_trials = kTrials});
    History history;
    std::vector<Score> scores;
    for (TrialId id = 0; id < kTrials; ++id) {
      const auto proposal = sampler->propose(history, 1).front();
      history.append(Proposed{.assignment = proposal.assignment});
      history.append(finish(id, proposal.assignment, bound));
      scores.push_back(find_score(history.trial(id), directions).value());
    }
    areas.push_back(objectives::hypervolume(std::move(scores), 40.0, 40.0));
  }
  std::ranges::nth_element(areas, areas.begin() + kSeeds / 2);
  return areas[kSeeds / 2];
}

/// Random search is the yardstick; seeds are fixed, so there are no false alarms.
TEST(MultiObjectiveQuality, AlgorithmsThatLearnFindBetterFrontsThanRandomSearch) {
  const double random = median_hypervolume("random", 5.0);
  EXPECT_GT(median_hypervolume("multivariate-tpe", 5.0), 1.15 * random);
  EXPECT_GT(median_hypervolume("tpe", 5.0), 1.15 * random);
  EXPECT_GT(median_hypervolume("evolution", 5.0), 1.05 * random);
}

/// Nine points of ten are infeasible.
TEST(MultiObjectiveQuality, AndBetterFeasibleFronts) {
  const double random = median_hypervolume("random", -4.0);
  EXPECT_GT(median_hypervolume("multivariate-tpe", -4.0), 1.15 * random);
  EXPECT_GT(median_hypervolume("evolution", -4.0), 1.05 * random);
}

}  // namespace
}  // namespace mimar::hpo
