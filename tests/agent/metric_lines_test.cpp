#include "agent/metric_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace mimar::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

const TimePoint kNow = parse_rfc3339("2026-11-24T10:00:00Z");

MetricValue value(std::string metric, std::int64_t step, std::string text, TimePoint time = kNow) {
  return {.metric = std::move(metric), .step = step, .time = time, .value = std::move(text)};
}

TEST(MetricLines, ReadStepTimeAndValues) {
  MetricLineReader reader;
  std::vector<MetricValue> found;
  EXPECT_EQ(reader.read(R"({"step":3,"time":"2026-01-02T03:04:05Z",
                            "metrics":{"accuracy":0.91,"count":7,"loss":"nan","Best":"a b"}})",
                        kNow, found),
            std::nullopt);
  const TimePoint time = parse_rfc3339("2026-01-02T03:04:05Z");
  EXPECT_THAT(found, ElementsAre(value("accuracy", 3, "0.91", time), value("count", 3, "7", time),
                                 value("loss", 3, "nan", time), value("Best", 3, "a b", time)));
}

TEST(MetricLines, CountUpWithoutASteps) {
  MetricLineReader reader;
  std::vector<MetricValue> found;
  reader.read(R"({"metrics":{"a":1}})", kNow, found);
  reader.read(R"({"metrics":{"a":2}})", kNow, found);
  reader.read(R"({"step":10,"metrics":{"a":3}})", kNow, found);
  reader.read("  ", kNow, found);
  reader.read(R"({"metrics":{"a":4}})", kNow, found);
  EXPECT_THAT(found, ElementsAre(value("a", 0, "1"), value("a", 1, "2"), value("a", 10, "3"),
                                 value("a", 11, "4")));
}

TEST(MetricLines, TakeWhatPythonWrites) {
  MetricLineReader reader;
  std::vector<MetricValue> found;
  EXPECT_EQ(reader.read(R"({"step": 0, "metrics": {"a": NaN, "b": -Infinity, "c": Infinity,
                            "d": "NaN \" NaN", "e": "+INF"}})",
                        kNow, found),
            std::nullopt);
  EXPECT_THAT(found, ElementsAre(value("a", 0, "nan"), value("b", 0, "-inf"), value("c", 0, "inf"),
                                 value("d", 0, "NaN \" NaN"), value("e", 0, "inf")));
}

TEST(MetricLines, SayWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"loss=0.5", "no JSON"},
      {"[1]", "no JSON object"},
      {R"({"loss":0.5})", "\"metrics\""},
      {R"({"metrics":[]})", "\"metrics\""},
      {R"({"step":"x","metrics":{"a":1}})", "\"step\""},
      {R"({"step":1.5,"metrics":{"a":1}})", "\"step\""},
      {R"({"step":18446744073709551615,"metrics":{"a":1}})", "\"step\""},
      {R"({"metrics":{"a":true}})", "\"a\""},
      {R"({"metrics":{"a":null}})", "\"a\""},
      {R"({"metrics":{"a":""}})", "\"a\""},
      {"{\"metrics\":{\"\xff\":1}}", "no JSON"},
  };
  for (const auto& [line, complaint] : cases) {
    SCOPED_TRACE(line);
    MetricLineReader reader;
    std::vector<MetricValue> found;
    EXPECT_THAT(reader.read(line, kNow, found), Optional(HasSubstr(complaint)));
    EXPECT_THAT(found, IsEmpty());
  }
}

TEST(MetricLines, KeepTheGoodPartOfALine) {
  MetricLineReader reader;
  std::vector<MetricValue> found;
  EXPECT_THAT(reader.read(R"({"time":5,"metrics":{"a":[],"b":2}})", kNow, found),
              Optional(HasSubstr("\"a\"")));
  EXPECT_THAT(found, ElementsAre(value("b", 0, "2")));
}

TEST(MetricLines, SurviveAnyBytes) {
  const std::string good = R"({"step":3,"time":"2026-01-02T03:04:05Z","metrics":{"a":NaN,"b":-1}})";
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::string line = good;
    for (std::uint64_t i = 1 + rng.index(4); i > 0; --i) {
      line[rng.index(line.size())] = static_cast<char>(rng.index(256));
    }
    line.resize(rng.index(line.size() + 1));
    MetricLineReader reader;
    std::vector<MetricValue> found;
    reader.read(line, kNow, found);
    for (const MetricValue& each : found) {
      EXPECT_FALSE(each.metric.empty());
      EXPECT_FALSE(each.value.empty());
    }
  }
  MetricLineReader reader;
  std::vector<MetricValue> found;
  EXPECT_THAT(reader.read(std::string(500'000, '['), kNow, found), Optional(HasSubstr("no JSON")));
}

}  // namespace
}  // namespace mimar::agent
