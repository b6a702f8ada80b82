#include "space/parameter.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::space {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RealDomain stepped(double low, double high, double step) {
  return {.low = low, .high = high, .distribution = Distribution::kUniform, .step = step};
}

std::vector<std::string> texts_of(const Domain& domain) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < *num_values(domain); ++i) {
    texts.push_back(to_text(value_at(domain, i)));
  }
  return texts;
}

std::string error_of(const Domain& domain, std::string_view text) {
  try {
    return "read as " + to_text(parse_value(domain, text));
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Parameter, WalksARealGridWithoutDust) {
  EXPECT_THAT(texts_of(stepped(0.1, 0.7, 0.1)),
              ElementsAre("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"));
  EXPECT_THAT(texts_of(stepped(0.05, 0.5, 0.15)), ElementsAre("0.05", "0.2", "0.35", "0.5"));
  EXPECT_THAT(texts_of(stepped(-0.3, 0.3, 0.1)),
              ElementsAre("-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"));
  EXPECT_THAT(texts_of(stepped(1e-5, 3e-5, 1e-5)), ElementsAre("1e-05", "2e-05", "3e-05"));
}

TEST(Parameter, IncludesTheMaximumOnlyWhenItIsOnTheGrid) {
  EXPECT_THAT(texts_of(stepped(0.0, 1.0, 0.3)), ElementsAre("0", "0.3", "0.6", "0.9"));
  EXPECT_THAT(texts_of(IntegerDomain{.low = 1, .high = 10, .step = 4}), ElementsAre("1", "5", "9"));
  // 1/3 typed with twelve digits: three steps end a hair below 1, or a hair above it.
  EXPECT_EQ(num_values(stepped(0.0, 1.0, 0.333333333333)), 4U);
  EXPECT_EQ(num_values(stepped(0.0, 1.0, 0.333333333334)), 4U);
  EXPECT_LE(std::get<double>(value_at(stepped(0.0, 1.0, 0.333333333334), 3)), 1.0);
}

TEST(Parameter, CountsAllOfSixtyFourBits) {
  const IntegerDomain wide{.low = std::numeric_limits<std::int64_t>::min(),
                           .high = std::numeric_limits<std::int64_t>::max(),
                           .step = std::numeric_limits<std::int64_t>::max()};
  EXPECT_THAT(texts_of(wide), ElementsAre("-9223372036854775808", "-1", "9223372036854775806"));
}

TEST(Parameter, FindsEveryValuesIndex) {
  const std::vector<Domain> domains = {
      stepped(0.1, 99.9, 0.1), IntegerDomain{.low = -7, .high = 90}, OrdinalDomain{{"2", "1", "4"}},
      CategoricalDomain{{"b", "a"}}};
  for (const Domain& domain : domains) {
    for (std::uint64_t i = 0; i < *num_values(domain); ++i) {
      EXPECT_EQ(find_index(domain, value_at(domain, i)), i);
    }
  }
}

TEST(Parameter, ContainsOnlyValuesOfItsTypeOnItsGrid) {
  EXPECT_TRUE(contains(stepped(0.0, 1.0, 0.1), Value(0.1 + 0.2)));  // 0.30000000000000004
  EXPECT_FALSE(contains(stepped(0.0, 1.0, 0.1), Value(0.35)));
  EXPECT_FALSE(contains(stepped(0.0, 1.0, 0.1), Value(1.1)));
  EXPECT_FALSE(contains(RealDomain{}, Value(std::int64_t{0})));
  EXPECT_FALSE(contains(RealDomain{}, Value(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_FALSE(contains(IntegerDomain{.low = 0, .high = 9, .step = 3}, Value(std::int64_t{4})));
  EXPECT_FALSE(contains(IntegerDomain{}, Value(1.0)));
  EXPECT_FALSE(contains(OrdinalDomain{{"1"}}, Value(std::int64_t{1})));
}

TEST(Parameter, ReadsTexts) {
  EXPECT_EQ(parse_value(RealDomain{}, "1e-1"), Value(0.1));
  EXPECT_EQ(parse_value(stepped(0.0, 1.0, 0.1), "0.30000000000000004"), Value(0.3));
  EXPECT_EQ(parse_value(IntegerDomain{.low = 0, .high = 99}, "16.0"), Value(std::int64_t{16}));
  EXPECT_EQ(parse_value(OrdinalDomain{{"8", "16"}}, "16"), Value(std::string("16")));
  EXPECT_EQ(parse_value(OrdinalDomain{{"0.1", "1"}}, "1e-1"), Value(std::string("0.1")));
}

TEST(Parameter, SaysWhichTextsItWouldHaveRead) {
  EXPECT_EQ(error_of(RealDomain{}, "2"), "\"2\" is not a number from 0 to 1");
  EXPECT_EQ(error_of(RealDomain{}, "nan"), "\"nan\" is not a number from 0 to 1");
  EXPECT_EQ(error_of(stepped(0.0, 1.0, 0.25), "0.3"),
            "\"0.3\" is not a number from 0 to 1 in steps of 0.25");
  EXPECT_EQ(error_of(IntegerDomain{.low = 1, .high = 9, .step = 2}, "2"),
            "\"2\" is not a whole number from 1 to 9 in steps of 2");
  EXPECT_EQ(error_of(CategoricalDomain{{"sgd", "adam"}}, "sdg"),
            "\"sdg\" is not one of sgd, adam; did you mean \"sgd\"?");
}

TEST(Parameter, TellsEveryProblemOfADomain) {
  EXPECT_THAT(problems(RealDomain{}), IsEmpty());
  EXPECT_THAT(problems(IntegerDomain{.low = 3, .high = 3}), IsEmpty());
  EXPECT_THAT(problems(RealDomain{.low = 0.1, .high = 0.01}),
              ElementsAre("max must not be smaller than min: 0.01 < 0.1"));
  EXPECT_THAT(
      problems(RealDomain{
          .low = 0.0, .high = -1.0, .distribution = Distribution::kLogUniform, .step = 0.0}),
      ElementsAre("max must not be smaller than min: -1 < 0",
                  "min must be greater than 0 for a log distribution, got 0",
                  "step must be greater than 0, got 0"));
  EXPECT_THAT(problems(IntegerDomain{.low = 0, .high = 1, .step = 0}),
              ElementsAre("step must be at least 1, got 0"));
  EXPECT_THAT(problems(RealDomain{.low = -1e308, .high = 1e308}), ElementsAre(HasSubstr("finite")));
  EXPECT_THAT(problems(stepped(0.0, 1.0, 1e-300)), ElementsAre(HasSubstr("larger step")));
  EXPECT_THAT(problems(OrdinalDomain{}), ElementsAre("the list of values is empty"));
  EXPECT_THAT(problems(CategoricalDomain{{"a", "b", "a", "a"}}),
              ElementsAre("the list holds \"a\" more than once"));
}

TEST(Value, IsWrittenAsTrialsSeeIt) {
  EXPECT_EQ(to_text(Value(0.1)), "0.1");
  EXPECT_EQ(to_text(Value(std::int64_t{-12})), "-12");
  EXPECT_EQ(to_text(Value(std::string("sgd"))), "sgd");
}

}  // namespace
}  // namespace mimar::space
