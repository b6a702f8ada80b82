#include "agent/text_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kNow = parse_rfc3339("2026-11-24T10:00:00Z");

std::vector<std::string> found(const std::vector<std::string>& names, std::string_view line,
                               const std::vector<std::string>& filters = {}) {
  std::vector<MetricValue> values;
  TextFilter(names, filters).read(line, kNow, values);
  std::vector<std::string> texts;
  for (const MetricValue& value : values) texts.push_back(value.metric + "=" + value.value);
  return texts;
}

// The forms that Katib's documentation and unit tests name.
TEST(TextFilter, ReadsKatibsForms) {
  EXPECT_THAT(found({"loss"}, "loss=0.3"), ElementsAre("loss=0.3"));
  EXPECT_THAT(found({"acc"}, "acc=.98"), ElementsAre("acc=.98"));
  EXPECT_THAT(found({"s"}, "s=-7.5e-05"), ElementsAre("s=-7.5e-05"));
  EXPECT_THAT(found({"s"}, "s=1E0"), ElementsAre("s=1E0"));
  EXPECT_THAT(found({"loss"}, "epoch 3: loss  =\t+4"), ElementsAre("loss=+4"));
  EXPECT_THAT(found({"accuracy", "loss"}, "2024-06-07T08:09:10Z INFO accuracy=0.9, loss=0.25"),
              ElementsAre("accuracy=0.9", "loss=0.25"));
  EXPECT_THAT(found({"a|b-c"}, "a|b-c=2"), ElementsAre("a|b-c=2"));
}

TEST(TextFilter, TakesAllMatchesOfALine) {
  EXPECT_THAT(found({"loss"}, "loss=3 loss=2 val-loss=9 loss=1"),
              ElementsAre("loss=3", "loss=2", "loss=1"));
}

TEST(TextFilter, LeavesOtherLinesAndNamesAlone) {
  EXPECT_THAT(found({"loss"}, "accuracy=0.9"), IsEmpty());
  EXPECT_THAT(found({"loss"}, "the loss is 0.3"), IsEmpty());
  EXPECT_THAT(found({"loss"}, "total_loss=0.3 lossy=4"), IsEmpty());
  EXPECT_THAT(found({"loss"}, ""), IsEmpty());
}

TEST(TextFilter, ReadsNotANumberWhereKatibStoresNothing) {
  EXPECT_THAT(found({"loss"}, "loss=nan"), ElementsAre("loss=nan"));
  EXPECT_THAT(found({"loss"}, "loss = NaN, next"), ElementsAre("loss=nan"));
  EXPECT_THAT(found({"loss"}, "loss=-inf"), ElementsAre("loss=-inf"));
  EXPECT_THAT(found({"loss"}, "loss=+Infinity"), ElementsAre("loss=inf"));
  EXPECT_THAT(found({"loss"}, "loss=nan loss=0.5"), ElementsAre("loss=nan", "loss=0.5"));
  EXPECT_THAT(found({"loss"}, "loss=nano"), IsEmpty());
  EXPECT_THAT(found({"loss"}, "loss=info"), IsEmpty());
  EXPECT_THAT(found({"loss"}, "loss="), IsEmpty());
  EXPECT_THAT(found({"loss"}, "loss=-"), IsEmpty());
}

TEST(TextFilter, UsesTheFiltersGiven) {
  const std::vector<std::string> filters{
      R"({metricName: ([\w|-]+), metricValue: ((-?\d+)(\.\d+)?)})"};
  EXPECT_THAT(found({"loss"}, "{metricName: loss, metricValue: 0.3634}", filters),
              ElementsAre("loss=0.3634"));
  EXPECT_THAT(found({"loss"}, "loss=0.3", filters), IsEmpty());
  EXPECT_THAT(found({"best genotype"}, "best genotype : [a b] ", {R"(([a-z ]+):(.*))"}),
              ElementsAre("best genotype=[a b]"));
}

TEST(TextFilter, TriesEachFilterInTurn) {
  EXPECT_THAT(found({"loss"}, "loss=1 loss:2", {R"((\w+):(\d))", R"((\w+)=(\d))"}),
              ElementsAre("loss=2", "loss=1"));
}

TEST(TextFilter, SurvivesFiltersThatMatchNothing) {
  EXPECT_THAT(found({"loss"}, "loss loss", {"(x*)(y*)"}), IsEmpty());
}

TEST(TextFilter, RejectsBadFilters) {
  EXPECT_THROW(TextFilter({"loss"}, {"(loss"}), Error);
  EXPECT_THROW(TextFilter({"loss"}, {"loss=(.*)"}), Error);
  EXPECT_THROW(TextFilter({"loss"}, {R"((?=x)(\w+)=(.*))"}), Error);  // RE2 has no look-ahead
}

TEST(TextFilter, TakesTheTimeInFrontOfTheLine) {
  const TextFilter filter({"loss"}, {});
  std::vector<MetricValue> values;
  filter.read("2024-06-07T08:09:10.25Z loss=1", kNow, values);
  filter.read("2024-06-07T10:09:10+02:00 loss=1", kNow, values);
  filter.read("2024-06-99T08:09:10Z loss=1", kNow, values);
  filter.read("loss=1", kNow, values);
  ASSERT_EQ(values.size(), 4U);
  EXPECT_EQ(to_rfc3339(values[0].time), "2024-06-07T08:09:10.250000Z");
  EXPECT_EQ(to_rfc3339(values[1].time), "2024-06-07T08:09:10Z");
  EXPECT_EQ(values[2].time, kNow);
  EXPECT_EQ(values[3].time, kNow);
}

TEST(TextMetricReader, CountsTheStepsOfEachMetric) {
  TextMetricReader reader(
      std::make_shared<TextFilter>(std::vector<std::string>{"a", "b"}, std::vector<std::string>{}));
  std::vector<MetricValue> values;
  reader.read("a=1 b=2", kNow, values);
  reader.read("a=3 a=4", kNow, values);
  std::vector<std::pair<std::string, std::int64_t>> steps;
  for (const MetricValue& value : values) steps.emplace_back(value.metric, value.step);
  using Step = std::pair<std::string, std::int64_t>;
  EXPECT_THAT(steps, ElementsAre(Step("a", 0), Step("b", 0), Step("a", 1), Step("a", 2)));
}

TEST(TextFilter, SurvivesAnyBytes) {
  const TextFilter standard({"loss", "a"}, {});
  const TextFilter greedy({"loss", "a"}, {R"((\C+?)=(\C*))", R"((.+)=(.*))"});
  const std::vector<std::string> pieces{
      "loss", "=",   " ",   "a",    "-",        "1",  ".5",
      "e9",   "nan", "inf", "\xff", "\xc3\xa4", "\r", "2024-06-07T08:09:10Z",
      "|"};
  const std::set<std::string> names{"loss", "a"};
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::string line(rng.index(3), '\0');
    for (std::uint64_t i = rng.index(30); i > 0; --i) line += pieces[rng.index(pieces.size())];
    std::vector<MetricValue> values;
    standard.read(line, kNow, values);
    greedy.read(line, kNow, values);
    for (const MetricValue& value : values) {
      EXPECT_TRUE(names.contains(value.metric));
      EXPECT_FALSE(value.value.empty());
    }
  }
}

}  // namespace
}  // namespace mimar::agent
