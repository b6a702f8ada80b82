#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"
#include "hpo/sampler.h"
#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

struct ContractCase {
  std::string name;
  std::string algorithm;
  Settings settings;
  std::function<space::SearchSpace()> make_space;
  std::size_t num_objectives = 1;

  friend std::ostream& operator<<(std::ostream& out, const ContractCase& one) {
    return out << one.name;
  }
};

/// A value without structure: what an objective may do to a sampler at worst.
double objective(const space::Assignment& assignment, std::uint64_t which = 0) {
  return static_cast<double>(mix(digest(assignment), which) >> 11U) * 0x1.0p-53;
}

/// What every sampler promises, whatever its algorithm, on every kind of space, with one objective
/// and with two, of which the second is turned round, and a constraint.
class SamplerContract : public testing::TestWithParam<ContractCase> {
 protected:
  std::unique_ptr<Sampler> make(std::uint64_t seed = 7,
                                Direction direction = Direction::kMinimize) const {
    std::vector<Direction> directions = {direction};
    if (GetParam().num_objectives > 1) directions.push_back(opposite(direction));
    return make_sampler(GetParam().algorithm, GetParam().settings,
                        {.space = space_, .directions = directions, .seed = seed});
  }

  static Direction opposite(Direction direction) {
    return direction == Direction::kMinimize ? Direction::kMaximize : Direction::kMinimize;
  }

  /// The values of all objectives, from one that is to be minimised and another.
  static std::vector<double> values(double first, double second, double sign = 1.0) {
    if (GetParam().num_objectives == 1) return {sign * first};
    return {sign * first, -sign * second};
  }

  /// Asks and appends what it gets; returns the number of proposals.
  static int ask(Sampler& sampler, History& history, int count) {
    const std::size_t position = history.size();
    const auto proposals = sampler.propose(history, count);
    for (std::size_t i = 0; i < proposals.size(); ++i) {
      history.append(Proposed{.assignment = proposals[i].assignment,
                              .replicate = proposals[i].replicate,
                              .labels = proposals[i].labels,
                              .origin = {position, count, static_cast<int>(i)}});
    }
    return static_cast<int>(proposals.size());
  }

  /// Ends a trial: mostly well, now and then in each of the ways in which trials go wrong.
  static void tell(History& history, TrialId id, double sign = 1.0) {
    const space::Assignment& assignment = history.trial(id).assignment;
    Finished finished{.trial = id,
                      .objectives = values(objective(assignment), objective(assignment, 2), sign)};
    const bool is_constrained = GetParam().num_objectives > 1;
    if (is_constrained) finished.constraints = {objective(assignment, 3) - 0.7};
    const std::uint64_t fate = mix(digest(assignment), 1) % 20;
    if (fate == 0) finished = {.trial = id, .state = TrialState::kFailed};
    if (fate == 1) finished = {.trial = id, .state = TrialState::kMetricsUnavailable};
    if (fate == 2) finished = {.trial = id, .state = TrialState::kKilled};
    if (fate == 3) finished.objectives.back() = std::numeric_limits<double>::quiet_NaN();
    if (fate == 4) finished.objectives.front() = sign * -std::numeric_limits<double>::infinity();
    if (fate == 5) finished.state = TrialState::kEarlyStopped;
    if (fate == 6) finished.constraints = {0.5};
    history.append(std::move(finished));
  }

  static std::vector<TrialId> pending(const History& history) {
    std::vector<TrialId> ids;
    for (const TrialRecord& trial : history.trials()) {
      if (!is_final(trial.state)) ids.push_back(trial.id);
    }
    return ids;
  }

  /// A run with batches of 1 to 4 and tells in any order.
  History run(Sampler& sampler, int num_trials, std::uint64_t seed, double sign = 1.0) const {
    History history;
    Rng rng(seed, stable_hash("events"));
    while (history.next_number() < num_trials) {
      std::vector<TrialId> open = pending(history);
      if (open.size() >= 4 || (!open.empty() && rng.uniform() < 0.5)) {
        tell(history, open[rng.index(open.size())], sign);
      } else if (ask(sampler, history, 1 + static_cast<int>(rng.index(4))) == 0) {
        break;
      }
    }
    return history;
  }

  const space::SearchSpace space_ = GetParam().make_space();
};

TEST_P(SamplerContract, StaysInsideTheSpace) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto sampler = make(seed);
    const History history = run(*sampler, 60, seed);
    for (const TrialRecord& trial : history.trials()) {
      EXPECT_THAT(space_.problems(trial.assignment), testing::IsEmpty());
    }
  }
}

TEST_P(SamplerContract, AnswersTheSameAfterARestart) {
  const auto sampler = make();
  const History history = run(*sampler, 60, 1);
  const auto before = sampler->propose(history, 3);
  EXPECT_EQ(sampler->propose(history, 3), before);
  EXPECT_EQ(make()->propose(history, 3), before);
}

TEST_P(SamplerContract, MakesEachProposalAgainFromItsPrefix) {
  const auto warm = make();
  const History history = run(*warm, 60, 2);
  const auto cold = make();
  for (const TrialRecord& trial : history.trials()) {
    SCOPED_TRACE(testing::Message() << "trial " << trial.id);
    const History prefix = history.prefix(trial.origin.log_position);
    const auto index = static_cast<std::size_t>(trial.origin.index);
    // The warm sampler knows what came later, and must not show it.
    for (Sampler* sampler : {warm.get(), cold.get()}) {
      const auto again = sampler->propose(prefix, trial.origin.batch_size);
      ASSERT_LT(index, again.size());
      EXPECT_EQ(again[index].assignment, trial.assignment);
      EXPECT_EQ(again[index].labels, trial.labels);
    }
  }
}

TEST_P(SamplerContract, SeedsMatter) {
  if (GetParam().algorithm == "grid") return;  // in grid order while all will be tried
  EXPECT_NE(make(1)->propose(History(), 4), make(2)->propose(History(), 4));
}

TEST_P(SamplerContract, ProposesWhatIsNeitherPendingNorInTheBatch) {
  const auto sampler = make();
  History history = run(*sampler, 40, 3);
  for (int round = 0; round < 5; ++round) ask(*sampler, history, 7);
  std::set<space::Assignment> open;
  for (const TrialId id : pending(history)) {
    if (!history.trial(id).replicate) {
      EXPECT_TRUE(open.insert(history.trial(id).assignment).second);
    }
  }
}

TEST_P(SamplerContract, UsesUpAFiniteSpaceAndThenProposesNothing) {
  const auto cardinality = space_.cardinality();
  if (!cardinality || *cardinality > 1000) return;
  const auto sampler = make();
  History history = run(*sampler, 1000, 4);
  EXPECT_EQ(history.next_number(), *cardinality);
  std::set<space::Assignment> tried;
  for (const TrialRecord& trial : history.trials()) tried.insert(trial.assignment);
  EXPECT_EQ(tried.size(), *cardinality);
  EXPECT_THAT(sampler->propose(history, 5), testing::IsEmpty());
  EXPECT_THAT(make()->propose(History(), static_cast<int>(*cardinality) + 5),
              testing::SizeIs(static_cast<std::size_t>(*cardinality)));
}

TEST_P(SamplerContract, StaysDistinctInALongRun) {
  const auto sampler = make();
  const History history = run(*sampler, 500, 5);
  std::set<space::Assignment> tried;
  for (const TrialRecord& trial : history.trials()) tried.insert(trial.assignment);
  EXPECT_EQ(tried.size(), history.trials().size());
}

TEST_P(SamplerContract, MaximisingMirrorsMinimising) {
  const auto down = make(9, Direction::kMinimize);
  const auto up = make(9, Direction::kMaximize);
  const History low = run(*down, 60, 6, 1.0);
  const History high = run(*up, 60, 6, -1.0);
  ASSERT_EQ(low.trials().size(), high.trials().size());
  for (std::size_t i = 0; i < low.trials().size(); ++i) {
    EXPECT_EQ(low.trials()[i].assignment, high.trials()[i].assignment) << "trial " << i;
  }
  EXPECT_EQ(down->recommend(low), up->recommend(high));
}

TEST_P(SamplerContract, RefusesANegativeCount) {
  EXPECT_THROW(make()->propose(History(), -1), Error);
  EXPECT_THAT(make()->propose(History(), 0), testing::IsEmpty());
}

TEST_P(SamplerContract, RecommendsTheEarliestOfTheBestThatCount) {
  const auto sampler = make();
  EXPECT_EQ(sampler->recommend(History()), std::nullopt);
  History history;
  ask(*sampler, history, 6);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  history.append(Finished{.trial = 0, .objectives = values(nan, 0.0)});
  history.append(Finished{.trial = 1, .objectives = values(-infinity, 0.0)});
  history.append(Finished{.trial = 2, .objectives = values(-9.0, 0.0), .constraints = {1.0}});
  EXPECT_EQ(sampler->recommend(history), std::nullopt);
  history.append(Finished{.trial = 5, .objectives = values(1.0, 0.0)});
  EXPECT_EQ(sampler->recommend(history), 5);
  history.append(
      Finished{.trial = 4, .state = TrialState::kEarlyStopped, .objectives = values(0.5, 2.0)});
  history.append(Finished{.trial = 3, .objectives = values(0.5, 2.0)});
  EXPECT_EQ(sampler->recommend(history), 3);
  EXPECT_EQ(make(7, Direction::kMaximize)->recommend(history), 5);
}

TEST_P(SamplerContract, RecommendsOfEqualsTheOneThatIsBetterInTheNextObjective) {
  if (GetParam().num_objectives == 1) return;
  const auto sampler = make();
  History history;
  ask(*sampler, history, 3);
  history.append(Finished{.trial = 0, .objectives = values(0.5, 2.0)});
  history.append(Finished{.trial = 1, .objectives = values(0.5, 1.0)});
  history.append(Finished{.trial = 2, .objectives = values(0.6, 0.0)});
  EXPECT_EQ(sampler->recommend(history), 1);
}

std::vector<ContractCase> contract_cases() {
  const std::vector<std::pair<std::string, Settings>> algorithms = {
      {"random", {}},
      {"grid", {}},
      {"sobol", {}},
      {"tpe", {}},
      {"multivariate-tpe", {{"n_startup_trials", "5"}}},
      {"evolution", {{"population_size", "12"}, {"sample_size", "4"}}}};
  const std::vector<std::pair<std::string, std::function<space::SearchSpace()>>> spaces = {
      {"OneOfEachKind", spaces::one_of_each_kind}, {"ConditionalTree", spaces::conditional_tree},
      {"FiniteTree", spaces::finite_tree},         {"Tiny", spaces::tiny},
      {"Chain", [] { return spaces::chain(12); }}, {"Cell", [] { return spaces::cell(2); }}};
  std::vector<ContractCase> cases;
  for (const auto& [algorithm, settings] : algorithms) {
    for (const auto& [space_name, make_space] : spaces) {
      if (algorithm == "grid" && !make_space().cardinality()) continue;
      std::string name = algorithm + "On" + space_name;
      std::erase_if(name, [](char c) { return c == '-'; });
      cases.push_back({name, algorithm, settings, make_space});
      cases.push_back({name + "TwoObjectives", algorithm, settings, make_space, 2});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, SamplerContract, testing::ValuesIn(contract_cases()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace mimar::hpo
