// Collectors that read what a trial writes to files, serves or hands to another program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "agent/isolation.h"
#include "base/error.h"
#include "local/core_division.h"
#include "local/local_runner.h"
#include "tests/agent/process_watch.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using experiment::CollectorKind;
using experiment::StopReason;
using experiment::TrialJob;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class CollectorTest : public testing::Test {
 protected:
  LocalRunner& runner() {
    if (!runner_) {
      options_.state_dir = folder_.path() / "state";
      runner_ = std::make_unique<LocalRunner>(options_);
      runner_->watch(events_);
    }
    return *runner_;
  }
  std::vector<std::string> run(const TrialJob& job) {
    runner().launch(job);
    const auto exit = events_.wait_for_exit(job.trial_name);
    EXPECT_TRUE(exit.succeeded) << exit.message;
    return words(events_.wait_for_reports(job.trial_name));
  }
  std::string log(const std::string& trial) {
    return read_file(trial_dir(folder_.path() / "state", "demo", trial) / "log");
  }
  TrialJob file_job(const std::string& trial, const std::string& script, const std::string& path) {
    TrialJob job = shell_job(trial, script);
    job.collector.kind = CollectorKind::kFile;
    job.collector.path = path;
    return job;
  }
  TestFolder folder_;
  EventLog events_;
  LocalRunnerOptions options_{.state_dir = {}, .parallel = 2, .on_note = [](const std::string&) {}};
  std::unique_ptr<LocalRunner> runner_;
};

#define MIMAR_NEEDS_NAMESPACES() \
  if (!agent::can_isolate()) GTEST_SKIP() << "this machine allows no namespaces"

TEST_F(CollectorTest, ReadsAFileWhileTheTrialRuns) {
  const std::string path = "$(MIMAR_TRIAL_DIR)/out/m.log";
  auto job =
      file_job("t",
               "mkdir $MIMAR_TRIAL_DIR/out; echo '2026-01-02T03:04:05Z loss=1 accuracy=2' > " +
                   path + "; echo loss=7; sleep 1000",
               path);
  runner().launch(job);
  const auto reports = events_.wait_for_reports("t", 2);
  EXPECT_THAT(words(reports), ElementsAre("loss@0=1", "accuracy@0=2"));
  EXPECT_EQ(to_rfc3339(reports[0].time), "2026-01-02T03:04:05Z");
  runner().stop("t", StopReason::kStoppedByUser);
  events_.wait_for_exit("t");
}

TEST_F(CollectorTest, KeepsOneAbsolutePathOfParallelTrialsApart) {
  MIMAR_NEEDS_NAMESPACES();
  // A folder that is missing, one that is empty, and one that holds other things.
  std::filesystem::create_directories(folder_.path() / "empty");
  std::filesystem::create_directories(folder_.path() / "full");
  std::ofstream(folder_.path() / "full" / "data") << "data";
  std::ofstream(folder_.path() / "full" / "m.log") << "loss=99\n";
  for (const std::string name : {"missing/deep", "empty", "full"}) {
    const std::string path = (folder_.path() / name / "m.log").string();
    const std::string gate = (folder_.path() / ("gate-" + name.substr(0, 4))).string();
    for (const std::string trial : {"a", "b"}) {
      const std::string value = trial == "a" ? "1" : "2";
      // Each waits until both have written, so that they do run at the same time.
      runner().launch(
          file_job(trial + name.substr(0, 4),
                   "echo loss=" + value + " > " + path + "; touch " + gate + "." + trial +
                       "; while ! test -e " + gate + ".a || ! test -e " + gate +
                       ".b; do sleep 0.05; done; echo loss=" + value + "0 >> " + path +
                       (name == "full" ? "; cat " + folder_.path().string() + "/full/data" : ""),
                   path));
    }
    for (const std::string trial : {"a", "b"}) {
      const std::string value = trial == "a" ? "1" : "2";
      const auto exit = events_.wait_for_exit(trial + name.substr(0, 4));
      EXPECT_TRUE(exit.succeeded) << exit.message << log(trial + name.substr(0, 4));
      EXPECT_THAT(words(events_.wait_for_reports(trial + name.substr(0, 4))),
                  ElementsAre("loss@0=" + value, "loss@1=" + value + "0"));
    }
  }
  EXPECT_EQ(read_file(folder_.path() / "full" / "m.log"), "loss=99\n");
}

TEST_F(CollectorTest, RunsTrialsOneAtATimeThatCannotBeKeptApart) {
  options_.namespaces = false;
  std::vector<std::string> notes;
  options_.on_note = [&](const std::string& note) { notes.push_back(note); };
  const std::string path = (folder_.path() / "m.log").string();
  const std::string running = (folder_.path() / "running").string();
  // Each fails when it meets the other.
  const std::string script = "mkdir " + running + " || exit 3; echo loss=$MIMAR_TRIAL > " + path +
                             "; sleep 0.3; rmdir " + running + "; echo threads $OMP_NUM_THREADS";
  for (const std::string trial : {"1", "2", "3"}) runner().launch(file_job(trial, script, path));
  for (const std::string trial : {"1", "2", "3"}) {
    EXPECT_TRUE(events_.wait_for_exit(trial).succeeded) << log(trial);
    EXPECT_THAT(words(events_.wait_for_reports(trial)), ElementsAre("loss@0=" + trial));
    // Alone, it has all cores.
    EXPECT_EQ(log(trial), concat("threads ", CoreDivision(find_cores(), 1).share(0).threads, "\n"));
  }
  auto page = make_job("p", {"true"});
  page.collector.kind = CollectorKind::kPrometheusMetric;
  page.collector.source = Json::parse(R"({"httpGet":{"port":8080,"path":"/metrics"}})");
  run(page);
  runner_.reset();
  EXPECT_THAT(notes,
              ElementsAre(testing::AllOf(HasSubstr("one at a time"), HasSubstr(path),
                                         HasSubstr("$(MIMAR_TRIAL_DIR)/m.log")),
                          testing::AllOf(HasSubstr("one at a time"), HasSubstr("port 8080"))));
}

TEST_F(CollectorTest, ReadsJsonLines) {
  auto job =
      file_job("t",
               "echo '{\"loss\": \"0.5\", \"timestamp\": 1638422847}' > $(MIMAR_TRIAL_DIR)/m; "
               "echo bad >> $(MIMAR_TRIAL_DIR)/m; printf '{\"loss\": 0.25}' >> "
               "$(MIMAR_TRIAL_DIR)/m",
               "$(MIMAR_TRIAL_DIR)/m");
  job.collector.json = true;
  EXPECT_THAT(run(job), ElementsAre("loss@0=0.5", "loss@1=0.25"));
  EXPECT_THAT(log("t"), HasSubstr("[mimar] a line of the metrics file cannot be read"));
}

TEST_F(CollectorTest, ReadsEventFiles) {
  const std::string folder =
      agent::can_isolate() ? (folder_.path() / "tf").string() + "/" : "$(MIMAR_TRIAL_DIR)/tf/";
  for (const std::string trial : {"a", "b"}) {
    auto job = shell_job(
        trial, concat("python3 ", MIMAR_SOURCE_DIR, "/tests/support/write_events.py ", folder,
                      "train/events.out.tfevents.1 --pause 0.1 accuracy:1:0.5 "
                      "accuracy:2:",
                      trial == "a" ? "0.75" : "0.25"));
    job.collector.kind = CollectorKind::kTensorFlowEvent;
    job.collector.path = folder;
    job.metric_names = {"train/accuracy"};
    runner().launch(job);
  }
  for (const std::string trial : {"a", "b"}) {
    EXPECT_TRUE(events_.wait_for_exit(trial).succeeded) << log(trial);
    EXPECT_THAT(words(events_.wait_for_reports(trial)),
                ElementsAre("train/accuracy@1=0.5",
                            trial == "a" ? "train/accuracy@2=0.75" : "train/accuracy@2=0.25"));
  }
}

TEST_F(CollectorTest, ReadsPagesOfParallelTrialsOnOnePort) {
  MIMAR_NEEDS_NAMESPACES();
  const std::filesystem::path script = folder_.path() / "serve.py";
  std::ofstream(script) << R"py(
import http.server, sys
answers = 0
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global answers
        answers += 1
        body = f"# TYPE loss gauge\nloss{{set=\"x\"}} {sys.argv[1]}.{answers}\n".encode()
        self.send_response(200 if self.path == "/metrics" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 18080), Handler)
while answers < 2: server.handle_request()
server.handle_request()
)py";
  for (const std::string trial : {"1", "2"}) {
    auto job = make_job(trial, {"python3", script.string(), trial});
    job.collector.kind = CollectorKind::kPrometheusMetric;
    job.collector.source = Json::parse(R"({"httpGet":{"port":18080,"path":"/metrics"}})");
    runner().launch(job);
  }
  for (const std::string trial : {"1", "2"}) {
    EXPECT_TRUE(events_.wait_for_exit(trial).succeeded) << log(trial);
    const auto values = words(events_.wait_for_reports(trial, 2));
    EXPECT_EQ(values[0], "loss@0=" + trial + ".1");
    EXPECT_EQ(values[1], "loss@1=" + trial + ".2");
  }
}

TEST_F(CollectorTest, SaysThatNoPageAnswered) {
  options_.parallel = 1;
  auto job = make_job("t", {"true"});
  job.collector.kind = CollectorKind::kPrometheusMetric;
  job.collector.source = Json::parse(R"({"httpGet":{"port":1}})");
  run(job);
  EXPECT_THAT(log("t"), HasSubstr("no page of metrics was read"));
}

TrialJob custom_job(const std::string& trial, const std::string& script,
                    const std::string& collector) {
  TrialJob job = shell_job(trial, script);
  job.collector.kind = CollectorKind::kCustom;
  job.collector.source["customCollector"] = {
      {"name", "collector"}, {"image", "any"}, {"command", {"sh", "-c", collector}}};
  return job;
}

TEST_F(CollectorTest, RunsACustomCollectorBesideTheTrial) {
  // As Katib's do, it reads when the training has ended, and reports after that.
  const auto job = custom_job("t", "echo 0.5 > $MIMAR_TRIAL_DIR/result; sleep 0.3",
                              "while kill -0 $MIMAR_COMMAND_PID 2>/dev/null; do sleep 0.05; done; "
                              "sleep 0.3; echo \"{\\\"metrics\\\":{\\\"loss\\\":$(cat "
                              "$MIMAR_TRIAL_DIR/result)}}\" >&$MIMAR_METRICS_FD; exit 3");
  EXPECT_THAT(run(job), ElementsAre("loss@0=0.5"));
  EXPECT_THAT(log("t"), HasSubstr("[mimar] the custom collector ended with exit code 3"));
}

TEST_F(CollectorTest, EndsACustomCollectorWithTheTrial) {
  const std::string marker = agent::make_marker();
  runner().launch(custom_job("t", "sleep 1000", "exec sleep 1000; : " + marker));
  events_.wait_for_start("t");
  runner().stop("t", StopReason::kTimeout);
  EXPECT_EQ(events_.wait_for_exit("t").stopped, StopReason::kTimeout);
  EXPECT_THROW(runner().launch([&] {
    auto job = custom_job("u", "true", "true");
    job.collector.source["customCollector"]["command"] = {"no-such-collector"};
    return job;
  }()),
               Error);
}

}  // namespace
}  // namespace mimar::local
