#include "hpo/grid/grid_sampler.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hpo/grid/enumeration.h"
#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

/// Every assignment by brute force: all values of every parameter in turn, kept when legal.
void extend(const space::SearchSpace& space, std::size_t at, space::Assignment& assignment,
            std::set<space::Assignment>& all) {
  if (at == space.size()) {
    if (space.contains(assignment)) all.insert(assignment);
    return;
  }
  const space::Parameter& parameter = space.parameters()[at];
  extend(space, at + 1, assignment, all);  // left out
  for (std::uint64_t i = 0; i < *space::num_values(parameter.domain); ++i) {
    assignment[parameter.name] = space::value_at(parameter.domain, i);
    extend(space, at + 1, assignment, all);
    assignment.erase(parameter.name);
  }
}

std::set<space::Assignment> brute_force(const space::SearchSpace& space) {
  std::set<space::Assignment> all;
  space::Assignment assignment;
  extend(space, 0, assignment, all);
  return all;
}

TEST(Enumeration, FindsWhatBruteForceFinds) {
  const std::vector<space::SearchSpace> finite = {spaces::tiny(), spaces::finite_tree(),
                                                  spaces::chain(2), spaces::cell(2)};
  for (const space::SearchSpace& space : finite) {
    const std::set<space::Assignment> expected = brute_force(space);
    Enumeration enumeration(space);
    ASSERT_EQ(enumeration.size(), expected.size());
    std::set<space::Assignment> found;
    for (std::size_t i = 0; i < expected.size(); ++i) found.insert(enumeration.at(i));
    EXPECT_EQ(found, expected);
    EXPECT_THROW(enumeration.at(expected.size()), Error);
    EXPECT_THROW(enumeration.at(-1), Error);
  }
}

TEST(Enumeration, CountsAsTheSpaceDoesWhereNothingCanBeListed) {
  for (const auto& space : {spaces::chain(100), spaces::cell(5)}) {
    Enumeration enumeration(space);
    ASSERT_EQ(enumeration.size(), space.cardinality());
    const space::Cardinality last = *enumeration.size() - 1;
    EXPECT_TRUE(space.contains(enumeration.at(last)));
    EXPECT_TRUE(space.contains(enumeration.at(last / 3)));
    EXPECT_NE(enumeration.at(last), enumeration.at(last / 3));
  }
  EXPECT_EQ(Enumeration(spaces::conditional_tree()).size(), std::nullopt);
}

TEST(Enumeration, SplitsALongParentAtItsConditionsOnly) {
  // 1,000,000 values, 10 of them above the bound, each with three children's values.
  space::Parameter child = spaces::choice("child", {"a", "b", "c"});
  child.when.push_back(
      {.any_of = {{.parameter = "i", .op = space::Clause::Op::kGreater, .values = {"999990"}}}});
  const space::SearchSpace space({spaces::whole("i", 1, 1000000), child});
  Enumeration enumeration(space);
  ASSERT_EQ(enumeration.size(), 999990 + 30);
  EXPECT_EQ(enumeration.at(999989), (space::Assignment{{"i", std::int64_t{999990}}}));
  EXPECT_EQ(enumeration.at(999990 + 4),
            (space::Assignment{{"i", std::int64_t{999992}}, {"child", std::string("b")}}));
}

TEST(Enumeration, GivesUpOnAKnotOfConditionsInsteadOfHanging) {
  // 4^30 combinations of parents decide about one child.
  std::vector<space::Parameter> parameters;
  space::Parameter child = spaces::choice("child", {"x", "y"});
  child.when.emplace_back();
  for (int i = 0; i < 30; ++i) {
    const std::string name = "parent" + std::to_string(i);
    parameters.push_back(spaces::choice(name, {"a", "b", "c", "d"}));
    child.when.back().any_of.push_back({.parameter = name, .values = {"a"}});
  }
  parameters.push_back(child);
  const space::SearchSpace space(parameters);
  EXPECT_EQ(Enumeration(space).size(), std::nullopt);
  EXPECT_EQ(make_sampler("random", {}, {.space = space})->propose(History(), 3).size(), 3U);
}

TEST(GridSampler, GoesInOrderWhenAllWillBeTried) {
  GridSampler sampler({.space = spaces::tiny(), .max_trials = 6});
  std::vector<space::Assignment> found;
  for (const Proposal& proposal : sampler.propose(History(), 10)) {
    found.push_back(proposal.assignment);
  }
  std::vector<space::Assignment> expected;
  for (std::int64_t i = 1; i <= 3; ++i) {
    for (const char* c : {"p", "q"}) expected.push_back({{"i", i}, {"c", std::string(c)}});
  }
  EXPECT_EQ(found, expected);
}

TEST(GridSampler, SpreadsOutWhenNotAllWillBeTried) {
  // Of 1,000 x 10 points, 10 trials: in plain order all would have i = 0.
  GridSampler sampler(
      {.space = space::SearchSpace({spaces::whole("i", 0, 999), spaces::whole("j", 0, 9)}),
       .max_trials = 10});
  std::set<std::int64_t> tenths;
  for (const Proposal& proposal : sampler.propose(History(), 10)) {
    tenths.insert(std::get<std::int64_t>(proposal.assignment.at("i")) / 100);
  }
  // Ten steps of the golden section leave no gap above 0.15 of the range.
  EXPECT_GE(tenths.size(), 8U);
}

TEST(GridSampler, SkipsWhatWasTriedByOthers) {
  GridSampler sampler({.space = spaces::tiny(), .max_trials = 6});
  History history;
  history.append(Proposed{.assignment = {{"i", std::int64_t{1}}, {"c", std::string("p")}}});
  const auto proposals = sampler.propose(history, 10);
  ASSERT_EQ(proposals.size(), 5U);
  EXPECT_EQ(proposals.front().assignment,
            (space::Assignment{{"i", std::int64_t{1}}, {"c", std::string("q")}}));
}

TEST(GridSampler, NeverListsTheGrid) {
  // 10^30 points: only numbers of them are kept.
  std::vector<space::Parameter> parameters;
  for (int i = 0; i < 30; ++i) parameters.push_back(spaces::whole("i" + std::to_string(i), 0, 9));
  GridSampler sampler({.space = space::SearchSpace(parameters), .max_trials = 100});
  EXPECT_EQ(sampler.propose(History(), 100).size(), 100U);
}

TEST(GridSampler, ChecksTheProblemInKatibsWords) {
  std::vector<SettingProblem> problems =
      validate_algorithm("grid", {}, {.space = space::SearchSpace({spaces::real("lr", 0.1, 1.0)})});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message,
            "Param lr step is nil; For discrete search space, all parameters must include step");
  problems = validate_algorithm("grid", {}, {.space = spaces::tiny(), .max_trials = 7});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message, "Max Trial Count: 7 > all possible search combinations: 6");
  EXPECT_THAT(validate_algorithm("grid", {{"random_state", "3"}}, {.space = spaces::tiny()}),
              testing::IsEmpty());
  EXPECT_THROW(make_sampler("grid", {}, {.space = spaces::tiny(), .max_trials = 7}), Error);
}

}  // namespace
}  // namespace mimar::hpo
