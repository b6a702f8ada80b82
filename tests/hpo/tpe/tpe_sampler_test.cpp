#include "hpo/tpe/tpe_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hpo/random_sampler.h"
#include "hpo/tpe/bandwidth.h"
#include "hpo/tpe/density_loops.h"
#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

TEST(GoodSize, FollowsOptunaAndHyperopt) {
  const GoodSize optuna;
  std::vector<std::size_t> sizes;
  for (const std::size_t n : {0U, 1U, 9U, 10U, 11U, 250U, 251U, 10000U}) sizes.push_back(optuna(n));
  EXPECT_THAT(sizes, testing::ElementsAre(0, 1, 1, 1, 2, 25, 25, 25));
  const GoodSize hyperopt = {.gamma = 0.25, .square_root = true};
  sizes.clear();
  for (const std::size_t n : {1U, 16U, 17U, 100U, 10000U, 90000U}) sizes.push_back(hyperopt(n));
  EXPECT_THAT(sizes, testing::ElementsAre(1, 1, 2, 3, 25, 25));
}

TEST(Bandwidths, AreKnownByHand) {
  using testing::DoubleEq;
  using testing::ElementsAre;
  // The outer observations take their inner gap; the floor is 1/4.
  EXPECT_THAT(bandwidths(BandwidthRule::kGaps, std::vector{0.2, 0.5}, 1),
              ElementsAre(DoubleEq(0.3), DoubleEq(0.3)));
  EXPECT_THAT(bandwidths(BandwidthRule::kGaps, std::vector{0.2}, 1), ElementsAre(DoubleEq(0.8)));
  // With the prior at 0.5 as a neighbour.
  EXPECT_THAT(bandwidths(BandwidthRule::kGapsWithPrior, std::vector{0.1}, 1),
              ElementsAre(DoubleEq(0.4)));
  // The floor 1/5 lifts the gap of 0.1; equal observations share one.
  EXPECT_THAT(bandwidths(BandwidthRule::kGaps, std::vector{0.1, 0.1, 0.2}, 1),
              ElementsAre(DoubleEq(0.2), DoubleEq(0.2), DoubleEq(0.2)));
  EXPECT_THAT(bandwidths(BandwidthRule::kJoint, std::vector<double>(16, 0.5), 4),
              testing::Each(DoubleEq(0.2 / std::sqrt(2.0))));
  // Of 100 and more observations none is narrower than a hundredth.
  EXPECT_EQ(bandwidths(BandwidthRule::kGaps, std::vector<double>(500, 0.5), 1)[0], 0.5);
  std::vector<double> dense;
  for (int i = 0; i < 500; ++i) dense.push_back(i / 500.0);
  EXPECT_THAT(bandwidths(BandwidthRule::kGaps, dense, 1), testing::Each(0.01));
}

TEST(DensityLoops, SumExponentialsAsTheStandardLibraryDoes) {
  Rng rng(3);
  for (const std::size_t size : {1U, 7U, 8U, 100U, 257U}) {
    std::vector<double> terms(size);
    for (double& term : terms) term = -1000.0 + 40.0 * rng.normal();
    const double greatest = *std::ranges::max_element(terms);
    double expected = 0.0;
    for (const double term : terms) expected += std::exp(term - greatest);
    ExponentialSum sum;
    add_exponentials(sum, terms.data(), size / 2);
    add_exponentials(sum, terms.data() + size / 2, size - size / 2);
    EXPECT_NEAR(sum.greatest + std::log(sum.factor), greatest + std::log(expected), 1e-12);
  }
  for (double x = 0.0; x > -700.0; x -= 0.37) {
    ExponentialSum sum;
    const double terms[2] = {0.0, x};
    add_exponentials(sum, terms, 2);
    EXPECT_NEAR(sum.factor - 1.0, std::exp(x), 1e-15);
  }
}

/// Asks one trial after the other; `objective` gives NaN for a crash, which ends the trial in
/// `crashed`.
template <class Objective>
History run(Sampler& sampler, int num_trials, const Objective& objective,
            TrialState crashed = TrialState::kFailed) {
  History history;
  for (TrialId id = 0; id < num_trials; ++id) {
    const auto proposals = sampler.propose(history, 1);
    if (proposals.empty()) break;
    history.append(Proposed{.assignment = proposals.front().assignment});
    const double value = objective(proposals.front().assignment);
    if (std::isnan(value)) {
      history.append(Finished{.trial = id, .state = crashed});
    } else {
      history.append(Finished{.trial = id, .objectives = {value}});
    }
  }
  return history;
}

double real(const space::Assignment& assignment, const char* name) {
  return std::get<double>(assignment.at(name));
}

TEST(TpeSampler, IsRandomBelowStartup) {
  const Problem problem{.space = spaces::cube(2, 0.0, 1.0), .seed = 4};
  TpeSampler tpe(problem, {});
  RandomSampler random(problem);
  const auto objective = [](const auto& assignment) { return real(assignment, "x0"); };
  const History history = run(tpe, 10, objective);
  const History expected = run(random, 10, objective);
  EXPECT_TRUE(std::ranges::equal(history.trials(), expected.trials()));
  EXPECT_NE(tpe.propose(history, 1), random.propose(history, 1));
}

/// Half of the space crashes, up to a tenth of the range from the optimum. Returns how many of the
/// later 600 trials of 20 runs do.
int count_crashes(TrialState crashed) {
  int crashes = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    TpeSampler tpe({.space = spaces::cube(2, 0.0, 1.0), .seed = seed}, {});
    const auto objective = [](const auto& assignment) {
      const double x = real(assignment, "x0");
      return x < 0.5 ? std::numeric_limits<double>::quiet_NaN()
                     : std::pow(x - 0.6, 2) + std::pow(real(assignment, "x1") - 0.3, 2);
    };
    const History history = run(tpe, 60, objective, crashed);
    for (const TrialRecord& trial : history.trials().subspan(30)) {
      crashes += trial.state == crashed ? 1 : 0;
    }
  }
  return crashes;
}

TEST(TpeSampler, LeavesACrashingRegion) {
  const int when_learning = count_crashes(TrialState::kFailed);
  EXPECT_LT(when_learning, 150);  // random search: 300
  // A killed trial teaches nothing, so the sampler keeps coming back.
  EXPECT_LT(when_learning, 0.8 * count_crashes(TrialState::kKilled));
}

/// Eight workers: proposals of one batch lie further apart than copies of one point would.
TEST(TpeSampler, SpreadsPendingTrials) {
  TpeSampler tpe({.space = spaces::cube(2, 0.0, 1.0), .seed = 1}, {});
  const History history = run(tpe, 40, [](const auto& assignment) {
    return std::pow(real(assignment, "x0") - 0.3, 2) + std::pow(real(assignment, "x1") - 0.6, 2);
  });
  const auto batch = tpe.propose(history, 8);
  ASSERT_EQ(batch.size(), 8U);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double distance =
          std::abs(real(batch[i].assignment, "x0") - real(batch[j].assignment, "x0")) +
          std::abs(real(batch[i].assignment, "x1") - real(batch[j].assignment, "x1"));
      EXPECT_GT(distance, 1e-4);
    }
  }
}

TEST(TpeSampler, ABatchEqualsItsProposalsOneByOne) {
  for (const auto& space : {spaces::one_of_each_kind(), spaces::conditional_tree(),
                            spaces::chain(6), spaces::cell(3)}) {
    TpeSampler tpe({.space = space, .seed = 8}, {});
    History history = run(tpe, 30, [](const auto& assignment) {
      return static_cast<double>(digest(assignment) % 1000);
    });
    const auto batch = tpe.propose(history, 4);
    for (const Proposal& expected : batch) {
      EXPECT_EQ(tpe.propose(history, 1).front(), expected);
      history.append(Proposed{.assignment = expected.assignment});
    }
  }
}

/// What the incremental model holds after many tells in any order equals a rebuilt one.
TEST(TpeSampler, StaysEqualToARebuiltModel) {
  const Problem problem{.space = spaces::one_of_each_kind(), .seed = 2};
  TpeSampler warm(problem, {});
  History history;
  Rng rng(9);
  std::vector<TrialId> open;
  for (int step = 0; step < 2000; ++step) {
    if (open.size() < 8 && rng.uniform() < 0.55) {
      open.push_back(history.next_number());
      history.append(Proposed{.assignment = problem.space.sample(rng)});
    } else if (!open.empty()) {
      const std::size_t i = rng.index(open.size());
      history.append(Finished{.trial = open[i], .objectives = {rng.uniform()}});
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (step % 100 != 0) continue;
    EXPECT_EQ(warm.propose(history, 2), TpeSampler(problem, {}).propose(history, 2));
  }
}

/// The best branch of a tree is found, and its leaf tuned: the other branches' best value is 1.
TEST(TpeSampler, LearnsWithinTheBranchesOfATree) {
  std::vector<double> bests;
  for (std::uint64_t seed = 0; seed < 11; ++seed) {
    TpeSampler tpe({.space = spaces::conditional_tree(), .seed = seed}, {});
    const History history = run(tpe, 80, [](const space::Assignment& assignment) {
      const auto dropout = assignment.find("dropout");
      if (dropout == assignment.end()) return 1.0 + static_cast<double>(assignment.size());
      return 10.0 * std::abs(std::get<double>(dropout->second) - 0.37);
    });
    bests.push_back(history.trial(*tpe.recommend(history)).objectives.front());
  }
  std::ranges::sort(bests);
  // A sixth of 80 random draws have dropout; their median best would be about 0.13.
  EXPECT_LT(bests[5], 0.06);
}

}  // namespace
}  // namespace mimar::hpo
