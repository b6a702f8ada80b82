#include "draw/plot/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/draw/search_story.h"

namespace mimar::draw {
namespace {

using testing::ElementsAre;

TimePoint at(int second) { return TimePoint(std::chrono::seconds(second)); }

std::vector<std::size_t> lanes(const std::vector<Bar>& bars) {
  std::vector<std::size_t> all;
  for (const Bar& bar : bars) all.push_back(bar.lane);
  return all;
}

Bar make_bar(int begin, int end) {
  Bar bar;
  bar.begin = at(begin);
  bar.end = at(end);
  return bar;
}

TEST(Lanes, AreAsManyAsTrialsRanAtOnce) {
  std::vector<Bar> bars = {make_bar(0, 10), make_bar(1, 4), make_bar(4, 6), make_bar(5, 7),
                           make_bar(10, 12)};
  EXPECT_EQ(put_into_lanes(bars), 3U);
  EXPECT_THAT(lanes(bars), ElementsAre(0, 1, 1, 2, 0));
}

TEST(Lanes, TakeTheTrialsThatStarted) {
  SearchStory story = make_story(6);
  story.trials[0].started_at.reset();
  const TimePoint now = *story.trials[5].started_at + std::chrono::seconds(3);
  std::vector<Bar> bars = read_bars(story.subject(), now);
  ASSERT_EQ(bars.size(), 5U);
  EXPECT_EQ(bars.back().end, now);  // still runs
  EXPECT_EQ(bars.front().end - bars.front().begin, std::chrono::seconds(10));
  EXPECT_EQ(put_into_lanes(bars), 2U);
}

}  // namespace
}  // namespace mimar::draw
