#include "local/trial_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "local/kubernetes_variables.h"
#include "local/program_lookup.h"
#include "local/reporting_replicas.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

TrialPlan plan_of(const experiment::TrialJob& job,
                  const std::map<std::string, std::string>& environment = {{"PATH", "/bin"}}) {
  std::vector<std::string> notes;
  TrialPlanner planner({.state_dir = "/state", .program_dir = "/own", .environment = environment});
  return planner.plan(job, notes);
}

// The cases of Kubernetes' own expansion tests.
TEST(KubernetesVariables, ExpandAsInACluster) {
  const std::map<std::string, std::string> variables{
      {"A", "1"}, {"B", "$(A)"}, {"EMPTY", ""}, {"A.b-c", "odd"}};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"$(A)", "1"},
      {"___$(A)", "___1"},
      {"$(A)___", "1___"},
      {"$(B)", "$(A)"},
      {"$$(A)", "$(A)"},
      {"$$$(A)", "$1"},
      {"$$$$(A)", "$$(A)"},
      {"$(NONE)", "$(NONE)"},
      {"$$(NONE)", "$(NONE)"},
      {"$(EMPTY)", ""},
      {"foo$(A", "foo$(A"},
      {"$", "$"},
      {"a$", "a$"},
      {"$A", "$A"},
      {"$(A)$(A)", "11"},
      {"$()", "$()"},
      {"$(A.b-c)", "odd"},
      {"\n$(A)", "\n1"},
      {"$$$$$$$(A)", "$$$1"},
      {"$(x $(A)", "$(x $(A)"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(expand_variables(text, variables), expected) << text;
  }
}

TEST(ProgramLookup, TakesTheFirstExecutableFile) {
  const TestFolder folder;
  const auto make = [&](const std::string& path, mode_t mode) {
    std::filesystem::create_directories((folder.path() / path).parent_path());
    std::ofstream(folder.path() / path) << "x";
    ::chmod((folder.path() / path).c_str(), mode);
  };
  make("a/tool", 0644);
  make("b/tool", 0755);
  make("c/tool", 0755);
  std::filesystem::create_directories(folder.path() / "d/other");
  const std::string root = folder.path().string();
  const std::string path = concat(root, "/a:", root, "/b:", root, "/c:", root, "/d");
  EXPECT_EQ(find_program("tool", path), root + "/b/tool");
  EXPECT_EQ(find_program("other", path), "");  // a directory
  EXPECT_EQ(find_program("./tool", path), "./tool");
  EXPECT_EQ(find_program("tool", ""), "");
  EXPECT_EQ(find_program("", path), "");
}

TEST(TrialPlan, PutsOwnProgramsAndSettingsIntoTheEnvironment) {
  auto job = make_job("t", {"true"});
  add_env(job, "OMP_NUM_THREADS", "3");
  const TrialPlan plan =
      plan_of(job, {{"PATH", "/bin"}, {"HOME", "/root"}, {"MKL_NUM_THREADS", "64"}});
  const ReplicaPlan& replica = plan.replicas.at(0);
  EXPECT_THAT(replica.process.environment, Contains("PATH=/own:/bin"));
  EXPECT_THAT(replica.process.environment, Contains("HOME=/root"));
  EXPECT_THAT(replica.process.environment, Contains("OMP_NUM_THREADS=3"));
  EXPECT_THAT(replica.process.environment, Contains("MIMAR_TRIAL_DIR=/state/trials/demo/t"));
  EXPECT_THAT(replica.process.environment, Not(Contains(StartsWith("MKL_NUM_THREADS"))));
  EXPECT_THAT(replica.thread_variables, ElementsAre("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"));
}

TEST(TrialPlan, ExpandsOnlyWhatTheContainerWouldKnow) {
  auto job = make_job("t", {"echo", "$(OWN)", "$(HOME)", "$(MIMAR_TRIAL_DIR)/model"});
  add_env(job, "OWN", "$(KATIB_TRIAL_NAME)/$(OTHER)");
  add_env(job, "OTHER", "$$x");
  const TrialPlan plan = plan_of(job, {{"PATH", "/bin"}, {"HOME", "/root"}});
  EXPECT_EQ(plan.replicas.at(0).process.argv[2], "$(HOME)");
  EXPECT_EQ(plan.replicas.at(0).process.argv[3], "/state/trials/demo/t/model");
}

TEST(TrialPlan, ReadsTheJobsLimits) {
  auto job = make_job("t", {"true"});
  EXPECT_EQ(plan_of(job).rules.backoff_limit, 0);
  EXPECT_EQ(plan_of(job).rules.deadline, std::nullopt);
  job.object["spec"]["backoffLimit"] = 4;
  job.object["spec"]["activeDeadlineSeconds"] = 100;
  job.object["spec"]["template"]["spec"]["activeDeadlineSeconds"] = 60;
  EXPECT_EQ(plan_of(job).rules.backoff_limit, 4);
  EXPECT_EQ(plan_of(job).rules.deadline, std::chrono::seconds{60});
}

TEST(TrialPlan, CountsTheMachineForThePodsThatRunAtOnce) {
  auto job = make_job("t", {"true"});
  Json& spec = job.object["spec"];
  spec["completions"] = 5;
  spec["parallelism"] = 2;
  spec["completionMode"] = "Indexed";
  spec["template"]["spec"]["activeDeadlineSeconds"] = 60;
  spec["template"]["spec"]["containers"][0]["resources"] = {{"limits", {{"memory", "100Mi"}}}};
  const TrialPlan plan = plan_of(job);
  EXPECT_EQ(plan.replicas.size(), 5U);
  EXPECT_EQ(plan.replicas[4].name, "pod-4");
  EXPECT_THAT(plan.replicas[4].process.environment, Contains("JOB_COMPLETION_INDEX=4"));
  EXPECT_EQ(memory_need(plan), std::int64_t{200} << 20);
  EXPECT_EQ(plan.rules.deadline, std::nullopt);
  EXPECT_EQ(plan.rules.pod_deadline, std::chrono::seconds{60});
}

TEST(TrialPlan, TellsWhichReplicasReport) {
  auto job = make_job("t", {"true"});
  EXPECT_EQ(describe_replicas(job), "");
  job.object["spec"]["completions"] = 3;
  job.object["spec"]["completionMode"] = "Indexed";
  EXPECT_EQ(describe_replicas(job), "pod-0, pod-1, pod-2; all report metrics");
  job.primary_pod_labels = {{"batch.kubernetes.io/job-completion-index", "1"}};
  EXPECT_EQ(describe_replicas(job), "pod-0, pod-1, pod-2; metrics come from pod-1");
}

TEST(TrialPlan, AsksWhereAnImageIsWhoseCommandIsMissing) {
  auto job = make_job("t", {"no-such-program", "x"});
  Json& container = job.object["spec"]["template"]["spec"]["containers"][0];
  container["image"] = "example/train:1";
  const auto message = [&job] {
    try {
      plan_of(job);
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(message(), StartsWith("image \"example/train:1\" is not mapped, and its command "
                                    "\"no-such-program\" is not on this machine"));
  EXPECT_THAT(message(), testing::HasSubstr("  spec:\n    local:\n      images:\n        "
                                            "\"example/train:1\": {directory: DIR}"));
  container["command"] = {"./train.sh"};
  container["workingDir"] = "/usr/bin";
  EXPECT_THAT(message(), testing::HasSubstr("./train.sh"));
  container["command"] = {"./env"};
  EXPECT_EQ(message(), "");
  container.erase("command");
  EXPECT_THAT(message(), testing::HasSubstr("\"example/train:1\": {directory: DIR, command: "));
  job.local.images["example/train:1"] = {
      .directory = "/tmp", .command = {"anything"}, .environment = {}};
  EXPECT_EQ(message(), "");
}

TEST(TrialPlan, SharesTheFilterOfAnExperiment) {
  std::vector<std::string> notes;
  TrialPlanner planner({.state_dir = "/s", .program_dir = "", .environment = {}});
  const auto first = planner.plan(make_job("a", {"true"}), notes);
  const auto second = planner.plan(make_job("b", {"true"}), notes);
  auto other = make_job("c", {"true"});
  other.metric_names = {"other"};
  const auto filter = [](const TrialPlan& plan) { return plan.replicas.at(0).reading.text_filter; };
  EXPECT_EQ(filter(first), filter(second));
  EXPECT_NE(filter(first), filter(planner.plan(other, notes)));
}

}  // namespace
}  // namespace mimar::local
