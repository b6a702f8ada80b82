#include "local/trial_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "local/kubernetes_variables.h"
#include "local/program_lookup.h"
#include "local/running_trial.h"
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
  EXPECT_THAT(plan.process.environment, Contains("PATH=/own:/bin"));
  EXPECT_THAT(plan.process.environment, Contains("HOME=/root"));
  EXPECT_THAT(plan.process.environment, Contains("OMP_NUM_THREADS=3"));
  EXPECT_THAT(plan.process.environment, Contains("MIMAR_TRIAL_DIR=/state/trials/demo/t"));
  EXPECT_THAT(plan.process.environment, Not(Contains(StartsWith("MKL_NUM_THREADS"))));
  EXPECT_THAT(plan.thread_variables, ElementsAre("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"));
  const auto process = with_cores(plan, {.cpus = {1}, .threads = 2});
  EXPECT_THAT(process.environment, Contains("MKL_NUM_THREADS=2"));
  EXPECT_THAT(process.cpus, ElementsAre(1));
}

TEST(TrialPlan, ExpandsOnlyWhatTheContainerWouldKnow) {
  auto job = make_job("t", {"echo", "$(OWN)", "$(HOME)", "$(MIMAR_TRIAL_DIR)/model"});
  add_env(job, "OWN", "$(KATIB_TRIAL_NAME)/$(OTHER)");
  add_env(job, "OTHER", "$$x");
  const TrialPlan plan = plan_of(job, {{"PATH", "/bin"}, {"HOME", "/root"}});
  EXPECT_EQ(plan.process.argv[2], "$(HOME)");
  EXPECT_EQ(plan.process.argv[3], "/state/trials/demo/t/model");
}

TEST(TrialPlan, ReadsTheJobsLimits) {
  auto job = make_job("t", {"true"});
  EXPECT_EQ(plan_of(job).restarts, 0);
  EXPECT_EQ(plan_of(job).deadline, std::nullopt);
  job.object["spec"]["backoffLimit"] = 4;
  job.object["spec"]["activeDeadlineSeconds"] = 100;
  job.object["spec"]["template"]["spec"]["activeDeadlineSeconds"] = 60;
  EXPECT_EQ(plan_of(job).restarts, 4);
  EXPECT_EQ(plan_of(job).deadline, std::chrono::seconds{60});
}

TEST(TrialPlan, SharesTheFilterOfAnExperiment) {
  std::vector<std::string> notes;
  TrialPlanner planner({.state_dir = "/s", .program_dir = "", .environment = {}});
  const auto first = planner.plan(make_job("a", {"true"}), notes);
  const auto second = planner.plan(make_job("b", {"true"}), notes);
  auto other = make_job("c", {"true"});
  other.metric_names = {"other"};
  EXPECT_EQ(first.text_filter, second.text_filter);
  EXPECT_NE(first.text_filter, planner.plan(other, notes).text_filter);
}

}  // namespace
}  // namespace mimar::local
