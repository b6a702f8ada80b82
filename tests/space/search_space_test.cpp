#include "space/search_space.h"

#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/space/enumerate.h"

namespace mimar::space {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string error_of(std::vector<Parameter> parameters) {
  try {
    SearchSpace space(std::move(parameters));
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

Parameter ordinal(std::string name, std::vector<std::string> values) {
  Parameter parameter = choice(std::move(name), {});
  parameter.domain = OrdinalDomain{std::move(values)};
  return parameter;
}

Parameter above(Parameter parameter, std::string lower) {
  parameter.above = std::move(lower);
  return parameter;
}

Condition not_in(std::string parent, std::vector<std::string> values) {
  return {{{std::move(parent), Clause::Op::kNotIn, std::move(values)}}};
}

TEST(SearchSpace, PutsParentsFirstAndElseKeepsTheOrder) {
  const SearchSpace space({when(choice("a", {"x"}), {in("d", {"1"})}), choice("b", {"x"}),
                           when(choice("c", {"x"}), {in("a", {"x"})}), choice("d", {"1", "2"})});
  EXPECT_THAT(space.order(), ElementsAre(1, 3, 0, 2));
}

TEST(SearchSpace, NamesEveryProblemAtOnce) {
  const std::string error = error_of({
      choice("optimizer", {"sgd", "adam"}),
      choice("optimizer", {"x"}),
      choice("empty", {}),
      when(choice("momentum", {"x"}), {in("optimiser", {"sgd"})}),
      when(choice("nesterov", {"x"}), {in("optimizer", {"sdg"})}),
      when(choice("beta", {"x"}), {compare("optimizer", Clause::Op::kGreater, "1")}),
      when(choice("p", {"x"}), {in("q", {"x"})}),
      when(choice("q", {"x"}), {in("p", {"x"})}),
  });
  EXPECT_THAT(error, HasSubstr("two parameters are named \"optimizer\""));
  EXPECT_THAT(error, HasSubstr("parameter \"empty\": the list of values is empty"));
  EXPECT_THAT(error, HasSubstr("parameter \"momentum\": depends on \"optimiser\", which does not "
                               "exist; did you mean \"optimizer\"?"));
  EXPECT_THAT(error, HasSubstr("parameter \"nesterov\": condition on \"optimizer\": \"sdg\" is not "
                               "one of sgd, adam; did you mean \"sgd\"?"));
  EXPECT_THAT(error, HasSubstr("parameter \"beta\": condition on \"optimizer\": a categorical "
                               "parameter has no order: use In or NotIn"));
  EXPECT_THAT(error, HasSubstr("conditions form a cycle: \"p\" depends on \"q\" depends on \"p\""));
}

TEST(SearchSpace, RejectsConditionsThatNeverHold) {
  const auto with = [](Condition condition) {
    return error_of({whole("n", 1, 4), when(choice("x", {"a"}), {std::move(condition)})});
  };
  EXPECT_THAT(with(compare("n", Clause::Op::kGreater, "4")), HasSubstr("can never hold"));
  EXPECT_THAT(with(compare("n", Clause::Op::kLess, "1")), HasSubstr("can never hold"));
  EXPECT_THAT(with(not_in("n", {"1", "2", "3", "4"})), HasSubstr("can never hold"));
  EXPECT_THAT(with(in("n", {"5"})), HasSubstr("\"5\" is not a whole number from 1 to 4"));
  EXPECT_THAT(with(compare("n", Clause::Op::kLess, "many")), HasSubstr("not a number"));
  EXPECT_THAT(with({}), HasSubstr("at least one clause"));
  EXPECT_EQ(with(compare("n", Clause::Op::kLess, "1.5")), "no error");
}

TEST(SearchSpace, ComparesNumbersAsNumbers) {
  Parameter rate = choice("rate", {});
  rate.domain =
      RealDomain{.low = 0.0, .high = 1.0, .distribution = Distribution::kUniform, .step = 0.1};
  const SearchSpace space(
      {ordinal("batch", {"8", "16", "128"}), rate,
       when(choice("a", {"x"}), {in("batch", {"16.0"})}),
       when(choice("b", {"x"}), {in("rate", {"1e-1"})}),
       when(choice("c", {"x"}), {compare("batch", Clause::Op::kGreater, "9")})});
  const Assignment assignment = {{"batch", "16"}, {"rate", 0.1}};
  EXPECT_THAT(space.active(assignment), ElementsAre(true, true, true, true, true));
  const Assignment dusty = {{"batch", "16"}, {"rate", 0.3 - 0.2}};  // 0.09999999999999998
  EXPECT_THAT(space.active(dusty), ElementsAre(true, true, true, true, true));
  const Assignment other = {{"batch", "8"}, {"rate", 0.2}};
  EXPECT_THAT(space.active(other), ElementsAre(true, true, false, false, false));
}

TEST(SearchSpace, ComparesTextsOfAnOrdinalByPosition) {
  const SearchSpace space(
      {ordinal("size", {"small", "medium", "large"}),
       when(choice("x", {"a"}), {compare("size", Clause::Op::kGreater, "small")})});
  EXPECT_FALSE(space.is_active(1, {{"size", "small"}}));
  EXPECT_TRUE(space.is_active(1, {{"size", "medium"}}));
  EXPECT_TRUE(space.is_active(1, {{"size", "large"}}));
}

TEST(SearchSpace, LetsNoClauseHoldOnAnInactiveParent) {
  const SearchSpace space({choice("a", {"1", "2"}), when(choice("b", {"1", "2"}), {in("a", {"1"})}),
                           when(choice("c", {"x"}), {not_in("b", {"1"})})});
  EXPECT_TRUE(space.is_active(2, {{"a", "1"}, {"b", "2"}}));
  EXPECT_FALSE(space.is_active(2, {{"a", "2"}}));
  // A stray value of the inactive parent changes nothing.
  EXPECT_FALSE(space.is_active(2, {{"a", "2"}, {"b", "2"}}));
}

TEST(SearchSpace, NeedsAllConditionsAndAnyClause) {
  Condition either = in("a", {"1"});
  either.any_of.push_back(in("b", {"1"}).any_of.front());
  const SearchSpace space({choice("a", {"0", "1"}), choice("b", {"0", "1"}),
                           choice("c", {"0", "1"}),
                           when(choice("x", {"v"}), {either, in("c", {"1"})})});
  EXPECT_TRUE(space.is_active(3, {{"a", "0"}, {"b", "1"}, {"c", "1"}}));
  EXPECT_FALSE(space.is_active(3, {{"a", "0"}, {"b", "0"}, {"c", "1"}}));
  EXPECT_FALSE(space.is_active(3, {{"a", "1"}, {"b", "1"}, {"c", "0"}}));
}

TEST(SearchSpace, SaysWhatIsWrongWithAnAssignment) {
  const SearchSpace space({choice("optimizer", {"sgd", "adam"}),
                           when(whole("depth", 1, 3), {in("optimizer", {"sgd"})}), whole("n", 1, 3),
                           ordinal("i", {"0", "1"}), above(ordinal("j", {"1", "2"}), "i")});
  EXPECT_THAT(
      space.problems(
          {{"optimizer", "adam"}, {"depth", std::int64_t{1}}, {"i", "1"}, {"j", "1"}, {"lr", 0.1}}),
      ElementsAre("\"depth\" has a value, yet its conditions do not hold", "\"n\" has no value",
                  "\"j\" must exceed \"i\": 1 is not above 1", "there is no parameter \"lr\""));
  EXPECT_THAT(space.problems({{"optimizer", "adam"}, {"n", 2.0}, {"i", "0"}, {"j", "1"}}),
              ElementsAre("\"n\" cannot be 2"));
}

TEST(SearchSpace, SamplesOnlyLegalAssignments) {
  const SearchSpace space(one_of_each_kind());
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    EXPECT_THAT(space.problems(space.sample(rng)), IsEmpty()) << "seed " << seed;
  }
}

TEST(SearchSpace, DrawsBoundPairsUniformly) {
  const SearchSpace space(
      {ordinal("i", {"0", "1", "2"}), above(ordinal("j", {"1", "2", "3"}), "i")});
  std::map<std::string, int> counts;
  constexpr int kDraws = 60'000;
  Rng rng(3);
  for (int n = 0; n < kDraws; ++n) {
    const Assignment drawn = space.sample(rng);
    ++counts[to_text(drawn.at("i")) + to_text(drawn.at("j"))];
  }
  ASSERT_EQ(counts.size(), 6U);  // 01 02 03 12 13 23
  // Each count is binomial with mean 10,000 and sigma 91; 6 sigma fails by chance in about one of
  // 8e7 runs of the six comparisons.
  for (const auto& [pair, count] : counts) EXPECT_NEAR(count, 10'000, 548) << pair;
}

TEST(SearchSpace, RepairsToTheNearestLegalAssignment) {
  const SearchSpace space(
      {choice("optimizer", {"sgd", "adam"}), when(whole("depth", 1, 3), {in("optimizer", {"sgd"})}),
       whole("n", 1, 9, 2), ordinal("i", {"0", "1"}), above(ordinal("j", {"1", "2"}), "i")});
  Rng rng(1);
  const Assignment repaired = space.repaired({{"optimizer", "adam"},
                                              {"depth", std::int64_t{2}},
                                              {"n", std::int64_t{100}},
                                              {"i", "1"},
                                              {"j", "1"},
                                              {"stray", 1.0}},
                                             rng);
  EXPECT_EQ(repaired,
            (Assignment{{"optimizer", "adam"}, {"n", std::int64_t{9}}, {"i", "1"}, {"j", "2"}}));
}

TEST(SearchSpace, RepairsAnythingIntoTheSpaceAndLeavesLegalOnesAlone) {
  const SearchSpace space(one_of_each_kind());
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const Assignment legal = space.sample(rng);
    EXPECT_EQ(space.repaired(legal, rng), legal);
    Assignment spoilt = legal;
    for (auto& [name, value] : spoilt) {
      const std::uint64_t kind = rng.index(6);
      if (kind == 0) value = std::nan("");
      if (kind == 1) value = std::string("no such text");
      if (kind == 2) value = -1e300;
      if (kind == 3) value = std::numeric_limits<std::int64_t>::max();
    }
    EXPECT_THAT(space.problems(space.repaired(spoilt, rng)), IsEmpty());
  }
}

TEST(SearchSpace, BondsOnlyPairsThatCanBeKept) {
  const auto lower = ordinal("i", {"0", "1"});
  EXPECT_THAT(error_of({lower, above(ordinal("j", {"0", "1"}), "i")}), HasSubstr("leaves no room"));
  EXPECT_THAT(error_of({lower, above(choice("j", {"2"}), "i")}), HasSubstr("ordinal"));
  EXPECT_THAT(error_of({above(ordinal("j", {"2"}), "i"), lower}), HasSubstr("earlier parameter"));
  EXPECT_THAT(error_of({lower, above(ordinal("j", {"2"}), "i"), above(ordinal("k", {"3"}), "j")}),
              HasSubstr("only pairs"));
  EXPECT_THAT(error_of({lower, choice("a", {"x", "y"}),
                        when(above(ordinal("j", {"2"}), "i"), {in("a", {"x"})})}),
              HasSubstr("same conditions"));
}

/// Random spaces of up to eight parameters with all kinds of clauses, small enough to enumerate.
SearchSpace random_space(Rng& rng) {
  std::vector<Parameter> parameters;
  const std::uint64_t count = 1 + rng.index(8);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string name = "p" + std::to_string(i);
    const std::uint64_t kind = rng.index(4);
    Parameter parameter = kind == 0   ? whole(name, 0, static_cast<std::int64_t>(rng.index(4)))
                          : kind == 1 ? choice(name, {"a", "b", "c"})
                          : kind == 2 ? ordinal(name, {"1", "2", "4"})
                                      : whole(name, -2, 4, 3);
    for (std::uint64_t c = rng.index(3); c > 0 && i > 0; --c) {
      Condition condition;
      for (std::uint64_t k = 1 + rng.index(2); k > 0; --k) {
        const Parameter& parent = parameters[rng.index(parameters.size())];
        const std::uint64_t values = *num_values(parent.domain);
        const std::string value = to_text(value_at(parent.domain, rng.index(values)));
        const bool ordered = !std::holds_alternative<CategoricalDomain>(parent.domain);
        condition.any_of.push_back(
            {parent.name, static_cast<Clause::Op>(rng.index(ordered ? 4 : 2)), {value}});
      }
      parameter.when.push_back(condition);
    }
    parameters.push_back(parameter);
    if (rng.index(4) == 0) {
      Parameter next = above(ordinal(name + "above", {"2", "3", "5"}), name);
      parameters.back().domain = OrdinalDomain{{"1", "2", "4"}};
      next.when = parameters.back().when;
      parameters.push_back(next);
    }
  }
  return SearchSpace(parameters);
}

TEST(SearchSpace, CountsWhatEnumerationFinds) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    try {
      const SearchSpace space = random_space(rng);
      const std::vector<Assignment> all = enumerate(space);
      EXPECT_EQ(*space.cardinality(), all.size());
      EXPECT_THAT(all, testing::Each(testing::Truly(
                           [&](const Assignment& each) { return space.contains(each); })));
      const Assignment drawn = space.sample(rng);
      EXPECT_NE(std::find(all.begin(), all.end(), drawn), all.end());
      ++compared;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("can never hold"));
    }
  }
  EXPECT_GT(compared, 100);
}

TEST(SearchSpace, CountsHugeDomainsWithoutWalkingThroughThem) {
  const SearchSpace space({whole("n", 1, 1'000'000'000'000),
                           when(whole("m", 1, 10), {compare("n", Clause::Op::kGreater, "999")}),
                           when(choice("x", {"a", "b"}), {in("n", {"7", "1000"})})});
  // 7 and 1000 double their ways; 999 values of n have no m, the others ten.
  const Cardinality expected = Cardinality(999 + 1) + Cardinality(10) * (999'999'999'001 + 1);
  EXPECT_EQ(*space.cardinality(), expected);
}

TEST(SearchSpace, CountsAConditionOnManyParentsQuickly) {
  // 60 switches, each with a child of its own, and one parameter that needs all of them on.
  std::vector<Parameter> parameters;
  std::vector<Condition> all_on;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "s" + std::to_string(i);
    parameters.push_back(choice(name, {"on", "off"}));
    parameters.push_back(when(choice(name + "child", {"a", "b"}), {in(name, {"on"})}));
    all_on.push_back(in(name, {"on"}));
  }
  parameters.push_back(when(choice("last", {"a", "b", "c"}), all_on));
  // Each switch has 2 + 1 ways; all on: 2^60 ways, which the last one trebles.
  const Cardinality expected = boost::multiprecision::pow(Cardinality(3), 60) +
                               2 * boost::multiprecision::pow(Cardinality(2), 60);
  EXPECT_EQ(*SearchSpace(parameters).cardinality(), expected);
}

TEST(SearchSpace, HasNoCountWhenSomethingReachableIsContinuous) {
  EXPECT_EQ(SearchSpace(one_of_each_kind()).cardinality(), std::nullopt);
  EXPECT_EQ(*SearchSpace().cardinality(), 1);
}

}  // namespace
}  // namespace mimar::space
