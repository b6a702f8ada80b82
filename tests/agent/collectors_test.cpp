// The readers of files and pages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/event_file.h"
#include "agent/event_metrics.h"
#include "agent/exposition.h"
#include "agent/file_metrics.h"
#include "agent/json_metrics.h"
#include "base/error.h"

namespace mimar::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const TimePoint kNow = parse_rfc3339("2026-11-24T10:00:00Z");

std::vector<std::string> words(const std::vector<MetricValue>& values) {
  std::vector<std::string> texts;
  for (const MetricValue& each : values) {
    texts.push_back(concat(each.metric, "@", each.step, "=", each.value));
  }
  return texts;
}

class CollectorsTest : public testing::Test {
 protected:
  CollectorsTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~CollectorsTest() override { std::filesystem::remove_all(folder_); }

  /// Runs the independent writer of event files.
  void write_events(const std::string& file, const std::string& entries) {
    const std::string command =
        concat("python3 ", MIMAR_SOURCE_DIR, "/tests/support/write_events.py ",
               (folder_ / file).string(), " ", entries);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::string bytes_of(const std::string& file) {
    std::ifstream in(folder_ / file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::vector<std::string> read(MetricSource& source) {
    std::vector<MetricValue> found;
    source.read(kNow, found, problems_);
    return words(found);
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / concat("mimar-collectors-", ::getpid());
  std::vector<std::string> problems_;
};

TEST(JsonMetricReader, ReadsKatibsLines) {
  JsonMetricReader reader({"acc", "loss"});
  std::vector<MetricValue> found;
  EXPECT_EQ(reader.read(R"({"epoch": 1, "acc": "0.5", "loss": "2", "timestamp": 1638422847.28721})",
                        kNow, found),
            std::nullopt);
  EXPECT_EQ(
      reader.read(R"({"acc": 0.75, "timestamp": "2021-12-02T14:27:50.000035161Z"})", kNow, found),
      std::nullopt);
  EXPECT_EQ(reader.read("", kNow, found), std::nullopt);
  EXPECT_EQ(reader.read(R"({"loss": NaN})", kNow, found), std::nullopt);
  EXPECT_THAT(words(found), ElementsAre("acc@0=0.5", "loss@0=2", "acc@1=0.75", "loss@1=nan"));
  EXPECT_EQ(to_rfc3339(found[0].time), "2021-12-02T05:27:27.287210Z");
  EXPECT_EQ(to_rfc3339(found[2].time), "2021-12-02T14:27:50.000035Z");
  EXPECT_EQ(found[3].time, kNow);
  EXPECT_THAT(reader.read("acc=1", kNow, found).value_or(""), HasSubstr("no JSON object"));
  EXPECT_THAT(reader.read(R"({"acc": [1]})", kNow, found).value_or(""), HasSubstr("\"acc\""));
  EXPECT_THAT(reader.read(R"({"timestamp": "now"})", kNow, found).value_or(""),
              HasSubstr("timestamp"));
}

TEST_F(CollectorsTest, FollowsAFileThatGrowsIsCutAndReplaced) {
  const auto path = folder_ / "m.log";
  std::ofstream(path) << "loss=9\n";  // of an earlier trial
  FileMetrics source(path, std::make_shared<TextFilter>(std::vector<std::string>{"loss", "acc"},
                                                        std::vector<std::string>{}));
  EXPECT_THAT(read(source), IsEmpty());
  std::ofstream(path, std::ios::app) << "2026-01-02T03:04:05Z loss=1 acc=2\nloss=0.";
  std::vector<MetricValue> found;
  source.read(kNow, found, problems_);
  EXPECT_THAT(words(found), ElementsAre("loss@0=1", "acc@0=2"));
  EXPECT_EQ(to_rfc3339(found[0].time), "2026-01-02T03:04:05Z");
  std::ofstream(path, std::ios::app) << "5\n";
  EXPECT_THAT(read(source), ElementsAre("loss@1=0.5"));
  std::ofstream(path) << "loss=3\n";  // cut
  EXPECT_THAT(read(source), ElementsAre("loss@2=3"));
  const auto wait_for_the_clock = [] { ::usleep(20'000); };  // of the file system: 4 to 10 ms
  wait_for_the_clock();
  std::ofstream(path) << "loss=6\n";  // written anew, as long as before
  EXPECT_THAT(read(source), ElementsAre("loss@3=6"));
  wait_for_the_clock();
  std::ofstream(path) << "loss=6\n";  // the same once more
  EXPECT_THAT(read(source), ElementsAre("loss@4=6"));
  EXPECT_THAT(read(source), IsEmpty());
  wait_for_the_clock();
  std::ofstream(path) << "acc=70\nloss=7\n";  // longer
  EXPECT_THAT(read(source), ElementsAre("acc@1=70", "loss@5=7"));
  wait_for_the_clock();
  std::ofstream(path, std::ios::app) << "loss=8\n";  // and it grows as ever
  EXPECT_THAT(read(source), ElementsAre("loss@6=8"));
  std::ofstream(folder_ / "new") << "loss=4\nloss=5";
  std::filesystem::rename(folder_ / "new", path);
  EXPECT_THAT(read(source), ElementsAre("loss@7=4"));
  found.clear();
  source.finish(kNow, found, problems_);
  EXPECT_THAT(words(found), ElementsAre("loss@8=5"));
}

TEST_F(CollectorsTest, TellsABadLineOfJsonOnce) {
  FileMetrics source(folder_ / "m.json", std::vector<std::string>{"loss"});
  std::ofstream(folder_ / "m.json") << "{\"loss\": \"1\"}\nbroken\nbroken\n{\"loss\": 2}\n";
  EXPECT_THAT(read(source), ElementsAre("loss@0=1", "loss@1=2"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("no JSON object")));
}

TEST_F(CollectorsTest, ReadsScalarsOfEventFiles) {
  write_events(
      "events.out.tfevents.1",
      "loss:1:0.9 acc:1:0.25:float d:2:0.1:double i:3:-7:int32 l:4:-8:int64 c:5:1.5:content "
      "s:6:2.5:shape1 no:7:1:shape2 n:8:nan");
  const std::string bytes = bytes_of("events.out.tfevents.1");
  for (const std::size_t piece : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
    EventFileReader reader;
    std::vector<EventScalar> found;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      EXPECT_EQ(reader.add(std::string_view(bytes).substr(at, piece), found), std::nullopt);
    }
    std::vector<std::string> texts;
    for (const EventScalar& each : found) {
      texts.push_back(concat(each.tag, "@", each.step, "=", each.value));
      EXPECT_EQ(to_rfc3339(each.time), "2023-11-14T22:13:20.250000Z");
    }
    EXPECT_THAT(texts, ElementsAre("loss@1=0.9", "acc@1=0.25", "d@2=0.1", "i@3=-7", "l@4=-8",
                                   "c@5=1.5", "s@6=2.5", "n@8=nan"));
  }
}

TEST_F(CollectorsTest, SurvivesAnyDamageOfEventFiles) {
  write_events("events.out.tfevents.1", "loss:1:0.9 loss:2:0.5:double");
  const std::string bytes = bytes_of("events.out.tfevents.1");
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EventFileReader reader;
    std::vector<EventScalar> found;
    const bool told = reader.add(damaged, found).has_value();
    // A longer length may only wait for more; nothing damaged is ever taken for a value.
    EXPECT_TRUE(told || found.size() < 2) << at;
    for (const EventScalar& each : found) EXPECT_THAT(each.value, testing::AnyOf("0.9", "0.5"));
  }
}

TEST_F(CollectorsTest, FindsEventsBelowFoldersByTheirNames) {
  EventMetrics source(folder_, "/logs", {"train/accuracy", "loss"});
  write_events("train/events.out.tfevents.1",
               "accuracy:1:0.5 loss:1:2 accuracy_1:2:0.75 other:1:1");
  write_events("pretrain/events.out.tfevents.1", "accuracy:1:0.1");
  write_events("deep/x/train/events.out.tfevents.1", "accuracy:3:0.875");
  write_events("events.out.tfevents.2", "train/accuracy:4:1 loss_scale:1:65536 damage loss:9:9");
  EXPECT_THAT(read(source), testing::UnorderedElementsAre(
                                "train/accuracy@1=0.5", "loss@1=2", "train/accuracy@2=0.75",
                                "train/accuracy@3=0.875", "train/accuracy@4=1"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("events.out.tfevents.2")));
  EXPECT_THAT(read(source), IsEmpty());
}

TEST(Exposition, ReadsSamples) {
  const auto labelled = find_sample("acc{set=\"a}\\\"b\", x=\"1\"} 0.5 1700000000123");
  ASSERT_TRUE(labelled);
  EXPECT_EQ(labelled->name, "acc");
  EXPECT_EQ(labelled->value, "0.5");
  EXPECT_EQ(labelled->time_ms, 1700000000123);
  EXPECT_EQ(find_sample("acc 1e-3\r")->value, "1e-3");
  for (const char* line : {"", "# TYPE acc gauge", "acc", "acc{x=\"1\" 2", "{} 1"}) {
    EXPECT_EQ(find_sample(line), std::nullopt) << line;
  }
}

TEST(Exposition, TakesWhatChanges) {
  PageMetricReader reader({"validation-accuracy", "loss"});
  std::vector<MetricValue> found;
  const std::string first(
      "# HELP\nvalidation_accuracy 0.5\nloss{set=\"a\"} +Inf\nloss{set=\"b\"} 1\n\0", 67);
  ASSERT_EQ(first.back(), '\0');
  for (const char c : first) reader.add(std::string_view(&c, 1), kNow, found);
  reader.add(first, kNow, found);
  reader.add(std::string_view("validation_accuracy 0.75\nloss bad\n\0", 35), kNow, found);
  EXPECT_THAT(words(found),
              ElementsAre("validation-accuracy@0=0.5", "loss@0=inf", "validation-accuracy@1=0.75"));
  EXPECT_EQ(reader.num_pages(), 3);
}

}  // namespace
}  // namespace mimar::agent
