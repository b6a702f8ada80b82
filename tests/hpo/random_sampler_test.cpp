#include "hpo/random_sampler.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

TEST(RandomSampler, GivesEachTrialItsOwnStreamWhateverTheBatch) {
  const Problem problem{.space = spaces::one_of_each_kind(), .seed = 3};
  const auto whole = RandomSampler(problem).propose(History(), 5);
  RandomSampler sampler(problem);
  History history;
  for (const Proposal& expected : whole) {
    EXPECT_EQ(sampler.propose(history, 1).front(), expected);
    history.append(Proposed{.assignment = expected.assignment});
  }
}

/// Pearson's statistic of 10,000 draws over the 16 values, ends included. The 1 - 1e-6 quantile of
/// chi-square with 15 degrees of freedom is 56.5.
TEST(RandomSampler, DrawsIntegersEvenly) {
  RandomSampler sampler(
      {.space = space::SearchSpace({spaces::whole("i", -3, 12), spaces::real("x", 0.0, 1.0)}),
       .seed = 1});
  std::map<std::int64_t, int> counts;
  for (const Proposal& proposal : sampler.propose(History(), 10000)) {
    ++counts[std::get<std::int64_t>(proposal.assignment.at("i"))];
  }
  double statistic = 0.0;
  for (std::int64_t i = -3; i <= 12; ++i) statistic += std::pow(counts[i] - 625.0, 2) / 625.0;
  EXPECT_LT(statistic, 56.5);
}

/// Kolmogorov and Smirnov on the log scale, 4,000 draws: 2 exp(-2 n D^2) is below 1e-6 from
/// D = 0.0426 on.
TEST(RandomSampler, DrawsEvenlyOnTheLogScale) {
  RandomSampler sampler({.space = space::SearchSpace(
                             {spaces::real("lr", 1e-5, 1e-1, space::Distribution::kLogUniform)}),
                         .seed = 2});
  std::vector<double> units;
  for (const Proposal& proposal : sampler.propose(History(), 4000)) {
    const double value = std::get<double>(proposal.assignment.at("lr"));
    units.push_back((std::log10(value) + 5.0) / 4.0);
  }
  std::ranges::sort(units);
  double distance = 0.0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const double n = static_cast<double>(units.size());
    distance = std::max({distance, std::abs(units[i] - static_cast<double>(i) / n),
                         std::abs(units[i] - static_cast<double>(i + 1) / n)});
  }
  EXPECT_LT(distance, 0.0426);
}

TEST(RandomSampler, FindsTheLastUntriedAssignmentOfALargeSpace) {
  // 40,000 assignments of which all but one were tried: luck alone would take 40,000 draws.
  const space::SearchSpace space({spaces::whole("i", 0, 199), spaces::whole("j", 0, 199)});
  History history;
  for (std::int64_t i = 0; i < 200; ++i) {
    for (std::int64_t j = 0; j < 200; ++j) {
      if (i != 70 || j != 7) history.append(Proposed{.assignment = {{"i", i}, {"j", j}}});
    }
  }
  const auto proposals = RandomSampler({.space = space}).propose(history, 2);
  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].assignment,
            (space::Assignment{{"i", std::int64_t{70}}, {"j", std::int64_t{7}}}));
}

}  // namespace
}  // namespace mimar::hpo
