#include "draw/marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace mimar::draw {
namespace {

TEST(Marks, AreLeftAloneWhenFew) {
  std::vector<Mark> marks = {{{1, 1}, "a"}, {{1, 1}, "b"}};
  EXPECT_FALSE(thin_marks(marks, 2));
  EXPECT_EQ(marks.size(), 2U);
}

TEST(Marks, KeepTheLastOfThoseThatCoverEachOther) {
  std::vector<Mark> marks = {{{10, 10}, "first"}, {{10.2, 10.2}, "second"}, {{50, 50}, "far"}};
  EXPECT_TRUE(thin_marks(marks, 2));
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].hint, "second");
  EXPECT_EQ(marks[1].hint, "far");
}

TEST(Marks, AreThinnedToTheirLimitWithoutLosingTheirExtent) {
  std::vector<Mark> marks;
  for (int i = 0; i < 10000; ++i) marks.push_back({{i % 100 * 8.0, i / 100 * 4.0}, {}});
  thin_marks(marks, 500);
  EXPECT_LE(marks.size(), 500U);
  EXPECT_GT(marks.size(), 150U);
  double right = 0.0;
  for (const Mark& mark : marks) right = std::max(right, mark.at.x);
  EXPECT_EQ(right, 99 * 8.0);
}

TEST(Marks, OfALongLineKeepItsPeaks) {
  std::vector<Point> line;
  for (int i = 0; i < 5000; ++i) line.push_back({static_cast<double>(i), i == 2718 ? 99.0 : 0.0});
  const std::vector<Point> thin = thin_line(line, 100);
  EXPECT_LE(thin.size(), 100U);
  EXPECT_EQ(thin.front(), line.front());
  EXPECT_EQ(thin.back(), line.back());
  EXPECT_THAT(thin, testing::Contains(Point{2718.0, 99.0}));
  for (std::size_t i = 1; i < thin.size(); ++i) EXPECT_LT(thin[i - 1].x, thin[i].x);
}

TEST(Marks, OfSeveralSeriesDifferInShapeOrDashNotByColourAlone) {
  std::set<std::string_view> dashes;
  for (std::size_t i = 0; i < 8; ++i) dashes.insert(series_style(i).dash);
  EXPECT_EQ(dashes.size(), 8U);
}

TEST(Marks, GrowDarkerWithTheShade) {
  EXPECT_EQ(shade(0.0), "#fde725");  // the ends of viridis
  EXPECT_EQ(shade(1.0), "#440154");
  EXPECT_EQ(shade(0.5), "#21918c");
}

}  // namespace
}  // namespace mimar::draw
