// Jobs of several pods as processes: which run, with what, and how the job ends when pods do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "agent/isolation.h"
#include "base/error.h"
#include "local/local_runner.h"
#include "tests/agent/process_watch.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using agent::eventually;
using experiment::StopReason;
using experiment::TrialExited;
using experiment::TrialJob;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

/// A Job with these members in its spec, whose pods run a shell script.
TrialJob pods_job(const std::string& trial, const std::string& script, const std::string& spec,
                  const char* policy = "Never") {
  TrialJob job = shell_job(trial, script);
  job.object["metadata"]["name"] = trial;
  const Json members = Json::parse(spec);
  for (const auto& [key, value] : members.items()) job.object["spec"][key] = value;
  job.object["spec"]["template"]["spec"]["restartPolicy"] = policy;
  return job;
}

const char* const kThreeIndexes = R"({"completions":3,"parallelism":3,"completionMode":"Indexed"})";

class BatchJobTest : public testing::Test {
 protected:
  LocalRunner& runner() {
    if (!runner_) {
      options_.state_dir = folder_.path() / "state";
      runner_ = std::make_unique<LocalRunner>(options_);
      runner_->watch(events_);
    }
    return *runner_;
  }
  TrialExited run(const TrialJob& job) {
    runner().launch(job);
    return events_.wait_for_exit(job.trial_name);
  }
  std::string log(const std::string& trial, const std::string& name = "log") {
    return read_file(trial_dir(options_.state_dir, "demo", trial) / name);
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  TestFolder folder_;
  EventLog events_;
  LocalRunnerOptions options_{.state_dir = {},
                              .parallel = 1,
                              .restart_delay = std::chrono::milliseconds{10},
                              .on_note = [](const std::string& /*note*/) {}};
  std::unique_ptr<LocalRunner> runner_;
};

TEST_F(BatchJobTest, RunsEveryIndexAtOnceAndReadsAllOfThem) {
  // Nobody ends before all have begun.
  const std::string script = "touch " + folder_.path().string() +
                             "/begun-$JOB_COMPLETION_INDEX; "
                             "until test -e " +
                             file("begun-0") + " && test -e " + file("begun-1") + " && test -e " +
                             file("begun-2") +
                             "; do sleep 0.02; done; echo index $(JOB_COMPLETION_INDEX) on "
                             "$HOSTNAME; echo loss=$JOB_COMPLETION_INDEX";
  const TrialExited exit = run(pods_job("t", script, kThreeIndexes));
  EXPECT_TRUE(exit.succeeded) << exit.message;
  EXPECT_EQ(exit.message, "exit code 0");
  EXPECT_THAT(log("t"), HasSubstr("index 0 on t-0\n"));
  EXPECT_THAT(log("t", "pod-1.log"), HasSubstr("index 1 on t-1\n"));
  EXPECT_THAT(log("t", "pod-2.log"), HasSubstr("index 2 on t-2\n"));
  EXPECT_THAT(words(events_.wait_for_reports("t", 3)),
              UnorderedElementsAre("loss@0=0", "loss@0=1", "loss@0=2"));
  EXPECT_TRUE(is_runner_log("pod-1.log"));
}

TEST_F(BatchJobTest, ReadsTheIndexThatThePodLabelsName) {
  TrialJob job = pods_job("t", "echo loss=$JOB_COMPLETION_INDEX", kThreeIndexes);
  job.primary_pod_labels = {{"batch.kubernetes.io/job-completion-index", "1"}};
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_THAT(words(events_.wait_for_reports("t", 1)), ElementsAre("loss@0=1"));
  EXPECT_EQ(log("t"), "loss=1\n");
  EXPECT_EQ(log("t", "pod-0.log"), "loss=0\n");
  job.trial_name = "nobody";
  job.primary_pod_labels["batch.kubernetes.io/job-completion-index"] = "3";
  EXPECT_THROW(runner().launch(job), Error);
}

TEST_F(BatchJobTest, RunsAsManyAtOnceAsParallelismSays) {
  // Each pod counts those that run, itself included, while it holds a file of its own.
  const std::string script = "f=$(mktemp " + file("live-XXXXXX") + "); ls " +
                             folder_.path().string() + " | grep -c live- >> " + file("seen") +
                             "; sleep 0.1; rm $f";
  const TrialExited exit = run(pods_job("t", script, R"({"completions":5,"parallelism":2})"));
  EXPECT_TRUE(exit.succeeded) << exit.message;
  const std::string seen = read_file(file("seen"));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n'), 5);
  EXPECT_THAT(seen, Not(HasSubstr("3")));
  EXPECT_THAT(log("t"), HasSubstr("[mimar] exit code 0; the next pod starts"));
}

TEST_F(BatchJobTest, EndsAWorkQueueWhenOneHasSucceededAndAllAreDone) {
  // The first to come succeeds at once, the other works on.
  const std::string script = "if mkdir " + file("first") + " 2>/dev/null; then exit 0; fi; until " +
                             "test -e " + file("go") + "; do sleep 0.02; done; echo done >> " +
                             file("worked");
  runner().launch(pods_job("t", script, R"({"parallelism":2})"));
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(file("first")); }));
  std::ofstream(file("go")).put('1');
  const TrialExited exit = events_.wait_for_exit("t");
  EXPECT_TRUE(exit.succeeded) << exit.message;
  EXPECT_EQ(read_file(file("worked")), "done\n");
}

TEST_F(BatchJobTest, EndsThePodsThatRunWhenTheJobHasFailed) {
  const std::string marker = agent::make_marker();
  TrialJob job =
      pods_job("t", "test $JOB_COMPLETION_INDEX = 1 || exec sleep 1000; echo broken; exit 3",
               R"({"completions":3,"parallelism":3,"completionMode":"Indexed","backoffLimit":1})");
  add_env(job, "MARKER", marker);
  const TrialExited exit = run(job);
  EXPECT_FALSE(exit.succeeded);
  EXPECT_EQ(exit.message,
            "pod-1: exit code 3; last output: broken; Job has reached the specified backoff limit");
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_THAT(log("t", "pod-1.log"), HasSubstr("[mimar] exit code 3; last output: broken; attempt "
                                               "2 starts in 0.01 s"));
  EXPECT_THAT(agent::find_marked_processes(marker), IsEmpty());
}

TEST_F(BatchJobTest, FollowsThePodFailurePolicy) {
  const char* const spec = R"({"completions":2,"parallelism":2,"backoffLimit":0,
      "podFailurePolicy":{"rules":[
        {"action":"Ignore","onExitCodes":{"operator":"In","values":[5]}},
        {"action":"FailJob","onExitCodes":{"containerName":"main","operator":"In","values":[42]}}]}})";
  // Fails twice in a way that does not count.
  const std::string twice =
      "printf 1 >> $MIMAR_TRIAL_DIR/runs; "
      "test $(wc -c < $MIMAR_TRIAL_DIR/runs) -ge 4 || exit 5";
  EXPECT_TRUE(run(pods_job("ignored", twice, spec)).succeeded);
  EXPECT_THAT(run(pods_job("fatal", "exit 42", spec)).message,
              testing::MatchesRegex("pod-[01]: exit code 42; Container main for pod default/fatal-"
                                    "[01] failed with exit code 42 matching FailJob rule at index "
                                    "1"));
}

TEST_F(BatchJobTest, LetsIndexesFailAloneAndSucceedsByPolicy) {
  const std::string script = "echo loss=$JOB_COMPLETION_INDEX; test $JOB_COMPLETION_INDEX != 0";
  const std::string spec = R"({"completions":3,"parallelism":1,"completionMode":"Indexed",
                              "backoffLimitPerIndex":0)";
  const TrialExited failed = run(pods_job("failed", script, spec + "}"));
  EXPECT_FALSE(failed.succeeded);
  EXPECT_EQ(failed.message, "FailedIndexes: Job has failed indexes");
  EXPECT_EQ(words(events_.wait_for_reports("failed")).size(), 3U);  // the others have run
  const TrialExited met = run(
      pods_job("met", script, spec + R"(,"successPolicy":{"rules":[{"succeededIndexes":"1"}]}})"));
  EXPECT_TRUE(met.succeeded) << met.message;
  EXPECT_EQ(words(events_.wait_for_reports("met")).size(), 2U);  // the third was not needed
}

TEST_F(BatchJobTest, RestartsInPlaceUnderOnFailure) {
  const std::string script =
      "printf 1 >> $MIMAR_TRIAL_DIR/runs-$JOB_COMPLETION_INDEX; test "
      "$(cat $MIMAR_TRIAL_DIR/runs-$JOB_COMPLETION_INDEX) = 11";
  const TrialExited exit = run(pods_job("t", script, kThreeIndexes, "OnFailure"));
  EXPECT_TRUE(exit.succeeded) << exit.message;
  for (const char* name : {"runs-0", "runs-1", "runs-2"}) EXPECT_EQ(log("t", name), "11");
}

TEST_F(BatchJobTest, EndsAtTheDeadlineOfTheJobAndOfAPod) {
  auto job = pods_job("job", "sleep 1000", kThreeIndexes);
  job.object["spec"]["activeDeadlineSeconds"] = 1;
  EXPECT_EQ(run(job).stopped, StopReason::kTimeout);
  auto pod = pods_job("pod", "test $JOB_COMPLETION_INDEX != 2 || exec sleep 1000", kThreeIndexes);
  pod.object["spec"]["template"]["spec"]["activeDeadlineSeconds"] = 1;
  pod.object["spec"]["backoffLimit"] = 0;
  EXPECT_THAT(run(pod).message, HasSubstr("pod-2: killed by signal 15 (SIGTERM)"));
  EXPECT_THAT(log("pod", "pod-2.log"), HasSubstr("longer than its activeDeadlineSeconds"));
}

TEST_F(BatchJobTest, StopsEveryPod) {
  const std::string marker = agent::make_marker();
  TrialJob job = pods_job("t", "echo here; exec sleep 1000", kThreeIndexes);
  add_env(job, "MARKER", marker);
  runner().launch(job);
  EXPECT_TRUE(eventually([&] { return agent::find_marked_processes(marker).size() >= 3; }));
  runner().stop("t", StopReason::kEarlyStopped);
  EXPECT_EQ(events_.wait_for_exit("t").stopped, StopReason::kEarlyStopped);
  EXPECT_THAT(agent::find_marked_processes(marker), IsEmpty());
}

TEST_F(BatchJobTest, GivesEachPodItsOwnCollectedPath) {
  if (!agent::can_isolate()) GTEST_SKIP() << "needs mount namespaces";
  const std::string path = file("metrics/m.log");
  TrialJob job = pods_job(
      "t", "echo loss=$JOB_COMPLETION_INDEX > " + path + "; sleep 0.5; cat " + path, kThreeIndexes);
  job.collector.kind = experiment::CollectorKind::kFile;
  job.collector.path = path;
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_THAT(words(events_.wait_for_reports("t", 3)),
              UnorderedElementsAre("loss@0=0", "loss@0=1", "loss@0=2"));
  EXPECT_EQ(log("t", "pod-2.log"), "loss=2\n");
}

TEST_F(BatchJobTest, LetsEveryPodServeTheSamePort) {
  if (!agent::can_isolate()) GTEST_SKIP() << "needs network namespaces";
  const std::string program = file("serve.py");
  std::ofstream(program) << R"py(
import http.server, os, threading, time
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("loss " + os.environ["JOB_COMPLETION_INDEX"] + "\n").encode())
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 8080), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
time.sleep(2.5)
)py";
  TrialJob job = pods_job("t", "exec python3 " + program, kThreeIndexes);
  job.collector.kind = experiment::CollectorKind::kPrometheusMetric;
  job.collector.source = {{"httpGet", {{"port", 8080}, {"path", "/metrics"}}}};
  EXPECT_TRUE(run(job).succeeded) << log("t");
  EXPECT_THAT(words(events_.wait_for_reports("t", 3)),
              UnorderedElementsAre("loss@0=0", "loss@0=1", "loss@0=2"));
}

}  // namespace
}  // namespace mimar::local
