#include "draw/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/spaces.h"

namespace mimar::draw {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Axis, PlacesValuesInProportion) {
  const Axis axis{.label = "x", .range = {.low = 10.0, .high = 30.0, .ticks = {}}};
  EXPECT_DOUBLE_EQ(axis.fraction(10.0), 0.0);
  EXPECT_DOUBLE_EQ(axis.fraction(15.0), 0.25);
  EXPECT_DOUBLE_EQ(axis.fraction(30.0), 1.0);
  EXPECT_DOUBLE_EQ(axis.fraction(99.0), 1.0);
}

TEST(Axis, PlacesDecadesEvenlyForLogParameters) {
  const Axis axis =
      axis_of_parameter(spaces::real("lr", 1e-4, 1.0, space::Distribution::kLogUniform), 5);
  EXPECT_TRUE(axis.log);
  EXPECT_NEAR(axis.fraction(1e-3), 0.25, 1e-12);
  EXPECT_NEAR(axis.fraction(1e-2), 0.5, 1e-12);
  EXPECT_FALSE(axis_of_parameter(spaces::real("momentum", 0.5, 0.99), 5).log);
}

TEST(Axis, GivesEachChoiceATick) {
  const space::Parameter optimizer = spaces::choice("optimizer", {"sgd", "adamw", "lion"});
  const Axis axis = axis_of_parameter(optimizer, 5);
  ASSERT_EQ(axis.range.ticks.size(), 3U);
  EXPECT_EQ(axis.range.ticks[1].text, "adamw");
  EXPECT_DOUBLE_EQ(place_of(optimizer.domain, std::string("adamw")), 1.0);
  EXPECT_DOUBLE_EQ(axis.fraction(1.0), 0.5);
}

TEST(Axis, TurnsLogarithmicForValuesOfManySizes) {
  const Axis wide = axis_of_values("loss", std::vector<double>{0.002, 0.5, 40.0}, 6);
  EXPECT_TRUE(wide.log);
  EXPECT_THAT(wide.label, HasSubstr("log"));
  EXPECT_EQ(wide.range.low, 1e-3);
  EXPECT_EQ(wide.range.high, 100.0);
  EXPECT_FALSE(axis_of_values("loss", std::vector<double>{-1.0, 0.5, 4000.0}, 6).log);
  EXPECT_THAT(axis_of_values("loss", std::vector<double>{0.1, 0.5}, 6).label,
              Not(HasSubstr("log")));
}

TEST(Axis, HoldsWhateverAMetricComesTo) {
  constexpr double kMost = std::numeric_limits<double>::max();
  constexpr double kLeast = std::numeric_limits<double>::denorm_min();
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{-kMost, kMost},
                                              {kLeast, kMost},
                                              {0.0, kLeast},
                                              {kMost, kMost},
                                              {-kLeast, kLeast},
                                              {1.0, std::nextafter(1.0, 2.0)},
                                              {kLeast, kLeast}}) {
    SCOPED_TRACE(testing::Message() << low << " to " << high);
    const Axis axis = axis_of_values("x", std::vector<double>{low, high}, 6);
    EXPECT_LT(axis.range.low, axis.range.high);
    for (const double value : {low, high}) {
      EXPECT_GE(axis.fraction(value), 0.0);
      EXPECT_LE(axis.fraction(value), 1.0);
    }
    EXPECT_LE(axis.range.ticks.size(), 100U);
  }
}

TEST(Axis, NamesTheUnitOfTime) {
  EXPECT_EQ(axis_of_time("elapsed", 7200.0, 6).label, "elapsed (hours)");
}

}  // namespace
}  // namespace mimar::draw
