#include "draw/ticks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mimar::draw {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;
using testing::SizeIs;

std::vector<std::string> texts(const TickRange& range) {
  std::vector<std::string> all;
  for (const Tick& tick : range.ticks) all.push_back(tick.text);
  return all;
}

// The worked example of Heckbert's article: data from 105 to 543 is labelled 100, 200, ..., 600.
TEST(Ticks, LabelHeckbertsExample) {
  const TickRange range = loose_ticks(105.0, 543.0, 5);
  EXPECT_THAT(texts(range), ElementsAre("100", "200", "300", "400", "500", "600"));
  EXPECT_EQ(range.low, 100.0);
  EXPECT_EQ(range.high, 600.0);
}

// The table of nicenum in the article: rounded to the nearest, or up, of 1, 2, 5, 10.
TEST(Ticks, FindNiceNumbers) {
  EXPECT_DOUBLE_EQ(nice_number(1.4, false), 1.0);
  EXPECT_DOUBLE_EQ(nice_number(1.6, false), 2.0);
  EXPECT_DOUBLE_EQ(nice_number(2.9, false), 2.0);
  EXPECT_DOUBLE_EQ(nice_number(3.1, false), 5.0);
  EXPECT_DOUBLE_EQ(nice_number(6.9, false), 5.0);
  EXPECT_DOUBLE_EQ(nice_number(0.071, false), 0.1);
  EXPECT_DOUBLE_EQ(nice_number(438.0, true), 500.0);
  EXPECT_DOUBLE_EQ(nice_number(1.001, true), 2.0);
}

TEST(Ticks, WriteAsManyDecimalsAsTheStepNeeds) {
  EXPECT_THAT(texts(loose_ticks(0.91, 0.93, 5)),
              ElementsAre("0.910", "0.915", "0.920", "0.925", "0.930"));
  EXPECT_THAT(texts(loose_ticks(-1.0, 1.0, 5)), ElementsAre("-1.0", "-0.5", "0.0", "0.5", "1.0"));
  EXPECT_THAT(texts(loose_ticks(0.0, 3e-7, 4)), ElementsAre("0", "2e-7", "4e-7"));
  EXPECT_THAT(texts(loose_ticks(0.0, 4e6, 5)), ElementsAre("0", "1e6", "2e6", "3e6", "4e6"));
}

TEST(Ticks, EndOnTicksAndHoldTheDataForAnyRange) {
  for (double low = -1e3; low < 1e3; low += 37.3) {
    for (double extent = 1e-6; extent < 1e7; extent *= 3.7) {
      SCOPED_TRACE(testing::Message() << low << " + " << extent);
      const TickRange range = loose_ticks(low, low + extent, 6);
      ASSERT_THAT(range.ticks, SizeIs(AllOf(Ge(2U), Le(13U))));
      EXPECT_LE(range.low, low + extent * 1e-6);
      EXPECT_GE(range.high, low + extent * (1.0 - 1e-6));
      EXPECT_NEAR(range.ticks.front().value, range.low, extent * 1e-6);
      EXPECT_NEAR(range.ticks.back().value, range.high, extent * 1e-6);
    }
  }
}

TEST(Ticks, WidenARangeWithoutExtent) {
  const TickRange range = loose_ticks(5.0, 5.0, 5);
  EXPECT_LT(range.low, 5.0);
  EXPECT_GT(range.high, 5.0);
  EXPECT_LT(loose_ticks(0.0, 0.0, 5).low, 0.0);
}

TEST(Ticks, StayWithinGivenEnds) {
  const TickRange range = inner_ticks(0.13, 0.97, 5);
  EXPECT_EQ(range.low, 0.13);
  EXPECT_THAT(texts(range), ElementsAre("0.2", "0.4", "0.6", "0.8"));
}

TEST(Ticks, AreWholeWhereFractionsMeanNothing) {
  EXPECT_THAT(texts(inner_ticks(0.0, 3.0, 10, true)), ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(texts(inner_ticks(0.0, 59.0, 7, true)),
              ElementsAre("0", "10", "20", "30", "40", "50"));
}

TEST(Ticks, AreDecadesOnALogarithmicAxis) {
  EXPECT_THAT(texts(log_ticks(1e-5, 1e-1, 5)), ElementsAre("1e-5", "1e-4", "1e-3", "1e-2", "1e-1"));
  EXPECT_THAT(texts(log_ticks(1e-12, 1.0, 5)), ElementsAre("1e-12", "1e-9", "1e-6", "1e-3", "1e0"));
}

TEST(Ticks, FillTheGapsOfShortLogarithmicAxes) {
  EXPECT_THAT(texts(log_ticks(10.0, 100.0, 5)), ElementsAre("10", "20", "50", "100"));
  EXPECT_THAT(texts(log_ticks(0.003, 0.3, 5)), ElementsAre("0.003", "0.01", "0.03", "0.1", "0.3"));
  EXPECT_THAT(texts(log_ticks(10.0, 20.0, 5)), ElementsAre("10", "12", "14", "16", "18", "20"));
  EXPECT_THAT(texts(log_ticks(7.0, 7.0, 5)), Each(testing::Not(testing::IsEmpty())));
}

TEST(Ticks, ChooseTheUnitOfTime) {
  EXPECT_EQ(time_ticks(45.0, 6).unit, "seconds");
  const TimeTicks minutes = time_ticks(600.0, 6);
  EXPECT_EQ(minutes.unit, "minutes");
  EXPECT_THAT(texts(minutes.range), ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_EQ(minutes.range.ticks[1].value, 120.0);
  EXPECT_EQ(time_ticks(9000.0, 6).unit, "hours");
  EXPECT_EQ(time_ticks(4e5, 6).unit, "days");
  EXPECT_EQ(time_ticks(0.0, 6).unit, "seconds");
}

}  // namespace
}  // namespace mimar::draw
