#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"
#include "space/parameter.h"
#include "tests/space/enumerate.h"

namespace mimar::space {
namespace {

constexpr std::array kDistributions = {Distribution::kUniform, Distribution::kLogUniform,
                                       Distribution::kNormal, Distribution::kLogNormal};

/// Length of the set of u that from_unit maps to value `index`, by bisection of its upper end.
double cell_end(const Domain& domain, std::uint64_t index) {
  double low = 0.0;
  double high = 1.0;
  if (*find_index(domain, from_unit(domain, high)) <= index) return 1.0;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (*find_index(domain, from_unit(domain, middle)) <= index ? low : high) = middle;
  }
  return low;
}

double cell_length(const Domain& domain, std::uint64_t index) {
  return cell_end(domain, index) - (index == 0 ? 0.0 : cell_end(domain, index - 1));
}

/// The normal distribution's mass, integrated by Simpson's rule: no code shared with the library.
double normal_mass(double from, double to, double mean, double sigma) {
  constexpr int kIntervals = 2000;
  const double width = (to - from) / kIntervals;
  double sum = 0.0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double z = (from + i * width - mean) / sigma;
    const double weight = i == 0 || i == kIntervals ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
    sum += weight * std::exp(-0.5 * z * z);
  }
  return sum * width / 3.0 / (sigma * std::sqrt(2.0 * std::acos(-1.0)));
}

TEST(UnitInterval, GivesUniformValuesAndChoicesEqualCells) {
  const std::vector<Domain> domains = {
      IntegerDomain{.low = 3, .high = 9, .step = 2},
      RealDomain{.low = 0.1, .high = 0.4, .distribution = Distribution::kUniform, .step = 0.1},
      OrdinalDomain{{"a", "b", "c", "d"}}, CategoricalDomain{{"a", "b", "c", "d"}}};
  for (const Domain& domain : domains) {
    for (std::uint64_t i = 0; i < 4; ++i) EXPECT_NEAR(cell_length(domain, i), 0.25, 1e-12);
    EXPECT_EQ(to_unit(domain, value_at(domain, 1)), 0.375);
  }
}

TEST(UnitInterval, GivesLogIntegersTheirShareOfTheLogScale) {
  const IntegerDomain domain{.low = 1, .high = 8, .distribution = Distribution::kLogUniform};
  for (int k = 1; k <= 8; ++k) {
    const double expected = std::log((k + 0.5) / (k - 0.5)) / std::log(8.5 / 0.5);
    EXPECT_NEAR(cell_length(domain, static_cast<std::uint64_t>(k - 1)), expected, 1e-12) << k;
  }
}

TEST(UnitInterval, KeepsTheFirstLogCellPositiveWhenHalfAStepReachesZero) {
  const IntegerDomain domain{
      .low = 1, .high = 21, .distribution = Distribution::kLogUniform, .step = 10};
  const double whole = std::log(26.0 / 0.5);
  EXPECT_NEAR(cell_length(domain, 0), std::log(6.0 / 0.5) / whole, 1e-12);
  EXPECT_NEAR(cell_length(domain, 1), std::log(16.0 / 6.0) / whole, 1e-12);
}

TEST(UnitInterval, GivesNormalIntegersTheMassOfTheirCells) {
  const IntegerDomain domain{
      .low = 0, .high = 12, .distribution = Distribution::kNormal, .step = 2};
  const double whole = normal_mass(-1.0, 13.0, 6.0, 2.0);
  for (int k = 0; k <= 6; ++k) {
    EXPECT_NEAR(cell_length(domain, static_cast<std::uint64_t>(k)),
                normal_mass(2 * k - 1, 2 * k + 1, 6.0, 2.0) / whole, 1e-11);
  }
}

TEST(UnitInterval, GivesLogNormalStepsTheMassOfTheirCellsOnTheLogScale) {
  const RealDomain domain{
      .low = 0.5, .high = 4.0, .distribution = Distribution::kLogNormal, .step = 0.5};
  const double mean = 0.5 * std::log(0.5 * 4.0);
  const double sigma = std::log(8.0) / 6.0;
  const double whole = normal_mass(std::log(0.25), std::log(4.25), mean, sigma);
  for (int k = 0; k < 8; ++k) {
    const double x = 0.5 + 0.5 * k;
    EXPECT_NEAR(cell_length(domain, static_cast<std::uint64_t>(k)),
                normal_mass(std::log(x - 0.25), std::log(x + 0.25), mean, sigma) / whole, 1e-11);
  }
}

TEST(UnitInterval, FollowsTheDistributionFunctionOfContinuousDomains) {
  const auto at = [](Distribution distribution, double u) {
    return std::get<double>(from_unit(RealDomain{1.0, 100.0, distribution, {}}, u));
  };
  EXPECT_DOUBLE_EQ(at(Distribution::kUniform, 0.25), 25.75);
  EXPECT_DOUBLE_EQ(at(Distribution::kLogUniform, 0.25), std::pow(100.0, 0.25));
  EXPECT_NEAR(at(Distribution::kNormal, 0.5), 50.5, 1e-12);
  EXPECT_NEAR(at(Distribution::kLogNormal, 0.5), 10.0, 1e-12);
  // The quartile of a standard normal truncated to [-3, 3] is -0.6725 (Phi^-1(0.25067) with
  // Phi(-3) = 0.0013499): sigma is a sixth of the range.
  EXPECT_NEAR(at(Distribution::kNormal, 0.25), 50.5 - 0.672371 * 16.5, 1e-3);
  for (const Distribution distribution : kDistributions) {
    EXPECT_NEAR(at(distribution, 0.0), 1.0, 1e-9);
    EXPECT_NEAR(at(distribution, 1.0), 100.0, 1e-9);
  }
}

TEST(UnitInterval, ReturnsEveryCountableValueExactly) {
  for (const Distribution distribution : kDistributions) {
    const std::vector<Domain> domains = {
        IntegerDomain{1, 2000, distribution, 1},
        IntegerDomain{7, 7, distribution, 1},
        IntegerDomain{1'000'000'000'000'000, 1'000'000'000'000'900, distribution, 1},
        IntegerDomain{3, 9000, distribution, 7},
        RealDomain{0.01, 30.0, distribution, 0.01},
        RealDomain{1e-6, 1.0, distribution, 0.125},
        RealDomain{0.5, 0.9, distribution, 1.0}};
    for (const Domain& domain : domains) {
      for (std::uint64_t i = 0; i < *num_values(domain); ++i) {
        const Value value = value_at(domain, i);
        ASSERT_EQ(from_unit(domain, to_unit(domain, value)), value) << to_text(value);
      }
    }
  }
}

TEST(UnitInterval, TellsNeighboursApartInTheLargestDomains) {
  Rng rng(11);
  for (const Distribution distribution : kDistributions) {
    const std::uint64_t count = std::uint64_t{1}
                                << (distribution == Distribution::kUniform ? 50U : 40U);
    const IntegerDomain domain{1, static_cast<std::int64_t>(count), distribution, 1};
    ASSERT_TRUE(problems(domain).empty());
    for (int i = 0; i < 2000; ++i) {
      const Value value = value_at(domain, rng.index(count));
      ASSERT_EQ(from_unit(domain, to_unit(domain, value)), value) << to_text(value);
    }
  }
}

TEST(UnitInterval, ReturnsContinuousValuesToRounding) {
  Rng rng(5);
  for (const Distribution distribution : kDistributions) {
    const RealDomain domain{1e-5, 10.0, distribution, {}};
    for (int i = 0; i < 1000; ++i) {
      const double value = std::get<double>(from_unit(domain, rng.uniform()));
      const double again = std::get<double>(from_unit(domain, to_unit(domain, Value(value))));
      ASSERT_NEAR(again, value, 1e-10 * std::max(1.0, value));
    }
  }
}

TEST(UnitInterval, StaysInTheDomainAtBothEnds) {
  for (const Parameter& parameter : one_of_each_kind()) {
    for (const double u : {0.0, 1e-300, 0.5, 1.0 - 1e-16, 1.0}) {
      const Value value = from_unit(parameter.domain, u);
      EXPECT_TRUE(contains(parameter.domain, value)) << parameter.name << " " << to_text(value);
      const double back = to_unit(parameter.domain, value);
      EXPECT_TRUE(back >= 0.0 && back <= 1.0) << parameter.name;
    }
  }
}

TEST(UnitInterval, RejectsPointsOutsideTheInterval) {
  EXPECT_THROW(from_unit(RealDomain{}, 1.5), Error);
  EXPECT_THROW(from_unit(RealDomain{}, std::nan("")), Error);
  EXPECT_THROW(to_unit(RealDomain{}, Value(2.0)), Error);
}

}  // namespace
}  // namespace mimar::space
