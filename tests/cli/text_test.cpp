#include "cli/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace mimar::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Text, WritesDurationsInTwoUnitsAndTenthsWhileTheyMatter) {
  EXPECT_EQ(format_duration(0s), "0.0s");
  EXPECT_EQ(format_duration(999ms), "0.9s");
  EXPECT_EQ(format_duration(10s), "10s");
  EXPECT_EQ(format_duration(59s), "59s");
  EXPECT_EQ(format_duration(131s), "2m11s");
  EXPECT_EQ(format_duration(72min), "1h12m");
  EXPECT_EQ(format_duration(76h), "3d4h");
  EXPECT_EQ(format_duration(-5s), "0.0s");
}

TEST(Text, WritesAgesAsKubernetesDoes) {
  EXPECT_EQ(format_age(119s), "119s");
  EXPECT_EQ(format_age(120s), "2m");
  EXPECT_EQ(format_age(2h), "2h");
  EXPECT_EQ(format_age(47h), "47h");
  EXPECT_EQ(format_age(48h), "2d");
}

TEST(Text, ReadsDurations) {
  EXPECT_EQ(parse_duration("90"), 90s);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("0.25s"), 250ms);
  EXPECT_EQ(parse_duration("2d"), 48h);
  for (const char* wrong : {"", "s", "5x", "1h30", "-5s", "h1", "1..5s", "1e300d", "9999d"}) {
    EXPECT_THROW(parse_duration(wrong), Error) << wrong;
  }
}

TEST(Text, WritesMetricsShort) {
  EXPECT_EQ(format_metric(0.834651), "0.8347");
  EXPECT_EQ(format_metric(0.5), "0.5");
  EXPECT_EQ(format_metric(3.2e-5), "3.2e-05");
  EXPECT_EQ(format_metric(12345.678), "12345.7");
  EXPECT_EQ(format_metric(1234567.0), "1234567");
  EXPECT_EQ(format_metric(-0.25), "-0.25");
  EXPECT_EQ(format_metric(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(format_metric(std::nan("")), "nan");
}

TEST(Text, WritesCountsWithPrefixes) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(950), "950");
  EXPECT_EQ(format_count(999.7), "1.00 k");
  EXPECT_EQ(format_count(1240000), "1.24 M");
  EXPECT_EQ(format_count(188e6), "188 M");
  EXPECT_EQ(format_count(99.96e9), "100 G");
}

TEST(Text, MeasuresColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("▁▃█"), 3U);
  EXPECT_EQ(display_width("\x1b[32m✓\x1b[0m ok"), 4U);
  EXPECT_EQ(pad_right("é", 3), "é  ");
  EXPECT_EQ(pad_left("é", 3), "  é");
}

TEST(Text, CutsToColumns) {
  EXPECT_EQ(cut_to_width("abcdef", 6, true), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 4, true), "abc…");
  EXPECT_EQ(cut_to_width("abcdef", 4, false), "abc~");
  EXPECT_EQ(cut_to_width("\x1b[32mabcdef\x1b[0m", 4, false), "\x1b[32mabc~\x1b[0m");
  EXPECT_EQ(cut_to_width("abcdef", 0, true), "");
}

TEST(Text, WrapsAtSpaces) {
  EXPECT_THAT(wrap_words("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap_words("unbreakable yes", 4), ElementsAre("unbreakable", "yes"));
  EXPECT_THAT(wrap_words("", 4), ElementsAre());
}

TEST(Text, DrawsSparklinesBetweenLeastAndGreatest) {
  const std::vector<double> rising = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(sparkline(rising, 12, true), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(rising, 4, true), "▁▃▆█");
  EXPECT_EQ(sparkline(rising, 12, false), ".:-=+*#@");
  EXPECT_EQ(sparkline(std::vector<double>{2, 2}, 12, true), "▄▄");
  EXPECT_EQ(sparkline(std::vector<double>{0, std::nan(""), 1}, 12, true), "▁ █");
  EXPECT_EQ(sparkline(std::vector<double>{-1.7e308, 1.7e308}, 12, true), "▁█");
  EXPECT_EQ(sparkline(std::vector<double>{}, 12, true), "");
}

TEST(Text, FillsBarsByHalves) {
  EXPECT_EQ(progress_bar(0.0, 4, true), "────");
  EXPECT_EQ(progress_bar(0.375, 4, true), "━╸──");
  EXPECT_EQ(progress_bar(1.0, 4, true), "━━━━");
  EXPECT_EQ(progress_bar(0.375, 4, false), "#>--");
  EXPECT_EQ(progress_bar(7.0, 2, false), "##");
  EXPECT_EQ(progress_bar(std::nan(""), 2, false), "--");
}

TEST(Text, QuotesForTheShellOnlyWhereNeeded) {
  EXPECT_EQ(shell_quote("0.02"), "0.02");
  EXPECT_EQ(shell_quote("{\"a\":1}"), "'{\"a\":1}'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote(""), "''");
}

}  // namespace
}  // namespace mimar::cli
