#include "base/number_text.h"

#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace mimar {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(NumberText, WritesTheShortestTextThatReadsBack) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(to_text(3.0), "3");
  EXPECT_EQ(to_text(-2.5), "-2.5");
  EXPECT_EQ(to_text(std::nan("")), "nan");
  EXPECT_EQ(to_text(kInfinity), "inf");
  EXPECT_EQ(to_text(-kInfinity), "-inf");
}

TEST(NumberText, ReadsBackEveryDouble) {
  Rng rng(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(rng.next());
    if (std::isnan(number)) continue;
    ASSERT_EQ(find_double(to_text(number)), number) << to_text(number);
  }
  EXPECT_EQ(find_double(to_text(std::numeric_limits<double>::denorm_min())),
            std::numeric_limits<double>::denorm_min());
}

TEST(NumberText, ReadsDecimalNumbers) {
  EXPECT_EQ(find_double("1e-3"), 0.001);
  EXPECT_EQ(find_double("+.5"), 0.5);
  EXPECT_EQ(find_double("-7"), -7.0);
  EXPECT_EQ(find_double("Infinity"), kInfinity);
  EXPECT_EQ(find_double("-INF"), -kInfinity);
  EXPECT_TRUE(std::isnan(find_double("NaN").value_or(0.0)));
  EXPECT_EQ(find_double("1e999"), kInfinity);
  EXPECT_EQ(find_double("1e-999"), 0.0);
}

TEST(NumberText, ReadsNothingElse) {
  for (const char* text : {"", " ", "1 ", " 1", "+", "-", "+-1", "--1", "1,5", "0x10", "1e", "e5",
                           ".", "1.2.3", "one", "1f", "infinit"}) {
    EXPECT_EQ(find_double(text), std::nullopt) << '"' << text << '"';
    EXPECT_EQ(find_integer(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(NumberText, ReadsWholeNumbersHoweverTheyAreWritten) {
  EXPECT_EQ(find_integer("42"), 42);
  EXPECT_EQ(find_integer("+42"), 42);
  EXPECT_EQ(find_integer("-42"), -42);
  EXPECT_EQ(find_integer("1e3"), 1000);
  EXPECT_EQ(find_integer("4.0"), 4);
  EXPECT_EQ(find_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(find_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(NumberText, ReadsNoWholeNumberThatItWouldHaveToRound) {
  EXPECT_EQ(find_integer("4.5"), std::nullopt);
  EXPECT_EQ(find_integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(find_integer("9007199254740993.0"), std::nullopt);  // 2^53 + 1 is no double
  EXPECT_EQ(find_integer("1e300"), std::nullopt);
  EXPECT_EQ(find_integer("nan"), std::nullopt);
  EXPECT_EQ(find_integer("inf"), std::nullopt);
}

}  // namespace
}  // namespace mimar
