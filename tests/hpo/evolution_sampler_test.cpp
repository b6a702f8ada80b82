#include "hpo/evolution_sampler.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hpo/grid/enumeration.h"
#include "hpo/random_sampler.h"
#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

/// A sum of fixed random worths, one for each decision: no decision depends on another.
double worth(const space::Assignment& assignment) {
  double sum = 0.0;
  for (const auto& [name, value] : assignment) {
    sum += static_cast<double>(stable_hash(name + space::to_text(value)) % 1000) / 1000.0;
  }
  return sum;
}

double best_of(Sampler& sampler, int num_trials) {
  History history;
  for (TrialId id = 0; id < num_trials; ++id) {
    const auto proposals = sampler.propose(history, 1);
    history.append(Proposed{.assignment = proposals.front().assignment});
    history.append(Finished{.trial = id, .objectives = {worth(proposals.front().assignment)}});
  }
  return history.trial(*sampler.recommend(history)).objectives.front();
}

/// Against the optimum found by brute force in a conditional graph space of some 30,000 networks:
/// random search meets it in 300 trials with a probability of one in a hundred.
TEST(EvolutionSampler, FindsTheOptimumThatBruteForceFinds) {
  const space::SearchSpace space = spaces::chain(3);
  Enumeration enumeration(space);
  const auto size = static_cast<std::size_t>(*enumeration.size());
  double optimum = -1.0;
  for (std::size_t i = 0; i < size; ++i) optimum = std::max(optimum, worth(enumeration.at(i)));
  int evolution_hits = 0;
  int random_hits = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Problem problem{.space = space, .directions = {Direction::kMaximize}, .seed = seed};
    EvolutionSampler evolution(problem, {.population_size = 40, .sample_size = 10});
    RandomSampler random(problem);
    evolution_hits += best_of(evolution, 300) == optimum ? 1 : 0;
    random_hits += best_of(random, 300) == optimum ? 1 : 0;
  }
  EXPECT_GE(evolution_hits, 16);
  EXPECT_LE(random_hits, 10);
}

TEST(EvolutionSampler, ChildrenDifferFromALivingParentInOneDecisionAndWhatHangsOnIt) {
  const space::SearchSpace space = spaces::chain(8);
  EvolutionSampler sampler({.space = space, .seed = 2}, {.population_size = 10, .sample_size = 3});
  History history;
  for (TrialId id = 0; id < 60; ++id) {
    const space::Assignment child = sampler.propose(history, 1).front().assignment;
    if (id >= 10) {
      std::size_t nearest = child.size();
      for (const TrialRecord& parent : history.trials().last(10)) {
        std::size_t differences = 0;
        for (const auto& [name, value] : child) {
          const auto other = parent.assignment.find(name);
          if (other == parent.assignment.end() || other->second != value) ++differences;
        }
        nearest = std::min(nearest, differences);
      }
      EXPECT_LE(nearest, 2U) << "trial " << id;  // an operation, and the filter size it brings
    }
    history.append(Proposed{.assignment = child});
    history.append(Finished{.trial = id, .objectives = {worth(child)}});
  }
}

TEST(EvolutionSampler, TheOldestDiesHoweverGood) {
  // Trial 0 is by far the best; after ten more it is no parent any longer.
  const space::SearchSpace space = spaces::cube(1, 0.0, 1.0);
  EvolutionSampler sampler({.space = space}, {.population_size = 10, .sample_size = 200});
  History history;
  const auto add = [&](double x, double value) {
    const TrialId id = history.next_number();
    history.append(Proposed{.assignment = {{"x0", x}}});
    history.append(Finished{.trial = id, .objectives = {value}});
  };
  add(0.05, -100.0);
  for (int i = 0; i < 9; ++i) add(0.9 + 0.01 * i, static_cast<double>(i));
  const auto share_near_first = [&] {
    int near = 0;
    for (const Proposal& proposal : sampler.propose(history, 100)) {
      near += std::get<double>(proposal.assignment.at("x0")) < 0.4 ? 1 : 0;
    }
    return near;
  };
  // A quarter of the mutations jump anywhere; all others stay near the parent.
  EXPECT_GT(share_near_first(), 70);
  add(0.95, 50.0);
  EXPECT_LT(share_near_first(), 30);
}

/// The share of children near each of the given points of [0, 1].
std::vector<double> shares_near(EvolutionSampler& sampler, const History& history,
                                const std::vector<double>& points) {
  constexpr int kChildren = 400;
  std::vector<double> shares(points.size(), 0.0);
  for (const Proposal& proposal : sampler.propose(history, kChildren)) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double x = std::get<double>(proposal.assignment.at("x0"));
      if (std::abs(x - points[i]) < 0.05) shares[i] += 1.0 / kChildren;
    }
  }
  return shares;
}

History finished_at(const std::vector<std::pair<double, Finished>>& trials) {
  History history;
  for (const auto& [x, finished] : trials) {
    Finished end = finished;
    end.trial = history.next_number();
    history.append(Proposed{.assignment = {{"x0", x}}});
    history.append(std::move(end));
  }
  return history;
}

TEST(EvolutionSampler, ParentsStandOnThePopulationsFirstFront) {
  const Problem problem{.space = spaces::cube(1, 0.0, 1.0),
                        .directions = {Direction::kMinimize, Direction::kMaximize}};
  EvolutionSampler sampler(problem, {.population_size = 4, .sample_size = 30});
  const History history = finished_at({{0.1, {.objectives = {1.0, 1.0}}},
                                       {0.4, {.objectives = {2.0, 1.5}}},
                                       {0.6, {.objectives = {2.5, 1.2}}},  // behind 0.4
                                       {0.9, {.objectives = {3.0, 2.0}}}});
  const std::vector<double> shares = shares_near(sampler, history, {0.1, 0.4, 0.6, 0.9});
  // Of three on the front the middle one is the least lonely: the ends are drawn nearly always.
  EXPECT_GT(shares[0] + shares[3], 0.3);
  EXPECT_GT(shares[0], 0.1);
  EXPECT_GT(shares[3], 0.1);
  EXPECT_LT(shares[2], 0.2);
}

TEST(EvolutionSampler, PrefersParentsThatViolateLess) {
  EvolutionSampler sampler({.space = spaces::cube(1, 0.0, 1.0)},
                           {.population_size = 3, .sample_size = 30});
  const History history = finished_at({{0.1, {.objectives = {0.0}, .constraints = {2.0}}},
                                       {0.5, {.objectives = {9.0}, .constraints = {0.5}}},
                                       {0.9, {.objectives = {1.0}, .constraints = {1.0}}}});
  const std::vector<double> shares = shares_near(sampler, history, {0.1, 0.5, 0.9});
  EXPECT_GT(shares[1], 0.25);
  EXPECT_LT(shares[0], 0.15);
  EXPECT_LT(shares[2], 0.15);
}

TEST(EvolutionSampler, ChecksItsOptions) {
  const Problem problem{.space = spaces::tiny()};
  EXPECT_THROW(EvolutionSampler(problem, {.population_size = 0}), Error);
  EXPECT_THROW(EvolutionSampler(problem, {.sample_size = 0}), Error);
}

}  // namespace
}  // namespace mimar::hpo
