// The machine's memory and GPUs, divided among trials.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using testing::MatchesRegex;

class MachineShareTest : public testing::Test {
 protected:
  LocalRunner& runner() {
    if (!runner_) {
      options_.state_dir = folder_.path();
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
    return read_file(trial_dir(folder_.path(), "demo", trial) / name);
  }

  TestFolder folder_;
  EventLog events_;
  std::vector<std::string> notes_;  // written by the runner's thread; read when it is gone
  LocalRunnerOptions options_{
      .state_dir = {},
      .parallel = 4,
      .restart_delay = std::chrono::milliseconds{10},
      .on_note = [this](const std::string& note) { notes_.push_back(note); }};
  std::unique_ptr<LocalRunner> runner_;
};

/// Takes so many MiB and keeps them.
std::string eat(int mebibytes) {
  return concat("python3 -c 'import time; x = b\"x\" * (", mebibytes, " << 20); time.sleep(1000)'");
}

const char* const kExcess = "out of memory: used [0-9.]+ [MG]iB of its 100 MiB";

TEST_F(MachineShareTest, KillsATrialThatEatsTooMuchMemoryAlone) {
  auto eater = shell_job("eater", "trap '' TERM; echo loss=1; " + eat(300) + " & wait");
  eater.local.memory = "100Mi";
  auto modest = shell_job("modest", eat(20));
  modest.local.memory = "100Mi";
  runner().launch(modest);
  const TrialExited exit = run(eater);
  EXPECT_FALSE(exit.succeeded);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_THAT(exit.message, MatchesRegex(kExcess));
  EXPECT_THAT(log("eater"), HasSubstr("[mimar] out of memory: used"));
  EXPECT_EQ(events_.num_exited(), 1U);  // the other goes on
  runner().stop("modest", StopReason::kEarlyStopped);
  EXPECT_EQ(events_.wait_for_exit("modest").stopped, StopReason::kEarlyStopped);
}

TEST_F(MachineShareTest, KeepsTheLimitOfAContainer) {
  auto job = shell_job("t", "printf 1 >> $MIMAR_TRIAL_DIR/runs; " + eat(300));
  const Json limits = {{"limits", {{"memory", "100Mi"}}}};
  job.object["spec"]["template"]["spec"]["containers"][0]["resources"] = limits;
  job.object["spec"]["backoffLimit"] = 1;  // it may start again, as in a cluster
  EXPECT_THAT(run(job).message, MatchesRegex(kExcess));
  EXPECT_EQ(log("t", "runs"), "11");
  auto overruled = shell_job("u", "timeout 1 " + eat(150) + "; true");
  overruled.object["spec"]["template"]["spec"]["containers"][0]["resources"] = limits;
  overruled.local.memory = "1Gi";
  EXPECT_TRUE(run(overruled).succeeded);
}

TEST_F(MachineShareTest, KillsTheReplicaThatEats) {
  TrialJob job = make_job("t", {"true"});
  const auto pod = [](const std::string& script) {
    return Json{
        {"spec",
         {{"containers", Json::array({{{"name", "main"}, {"command", {"sh", "-c", script}}}})}}}};
  };
  job.object = {{"kind", "PyTorchJob"}, {"metadata", {{"name", "t"}}}};
  Json& replicas = job.object["spec"]["pytorchReplicaSpecs"];
  replicas["Master"] = {{"restartPolicy", "Never"}, {"template", pod("sleep 1000")}};
  replicas["Worker"] = {{"restartPolicy", "Never"}, {"template", pod(eat(300))}};
  job.local.memory = "100Mi";
  const TrialExited exit = run(job);
  EXPECT_THAT(exit.message, MatchesRegex(concat("worker-0: ", kExcess)));
}

TEST_F(MachineShareTest, AdmitsTrialsAsFarAsMemoryGoes) {
  options_.memory = std::int64_t{250} << 20;
  for (const std::string trial : {"a", "b", "c"}) {
    auto job = shell_job(trial, "sleep 1000");
    job.local.memory = "100Mi";
    runner().launch(job);
  }
  events_.wait_for_start("a");
  events_.wait_for_start("b");
  EXPECT_THAT(events_.story("c"), IsEmpty());
  runner().stop("a", StopReason::kStoppedByUser);
  events_.wait_for_start("c");
  EXPECT_EQ(events_.num_exited(), 1U);
}

TEST_F(MachineShareTest, GivesEachTrialGpusOfItsOwn) {
  options_.gpus = {{"0", "1", "2"}};
  for (const std::string trial : {"a", "b", "c"}) {
    auto job = shell_job(trial, "echo gpus $CUDA_VISIBLE_DEVICES; echo loss=1; sleep 1000");
    job.local.gpus = trial == "b" ? 2 : 1;
    runner().launch(job);
  }
  events_.wait_for_reports("a", 1);
  events_.wait_for_reports("b", 1);
  EXPECT_THAT(log("a"), HasSubstr("gpus 0\n"));
  EXPECT_THAT(log("b"), HasSubstr("gpus 1,2\n"));
  EXPECT_THAT(events_.story("c"), IsEmpty());  // none is free
  runner().stop("b", StopReason::kStoppedByUser);
  events_.wait_for_reports("c", 1);
  EXPECT_THAT(log("c"), HasSubstr("gpus 1\n"));
  auto none = shell_job("none", "echo gpus \"'$CUDA_VISIBLE_DEVICES'\"");
  none.local.gpus = 0;
  run(none);
  EXPECT_EQ(log("none"), "gpus ''\n");
  auto own = shell_job("own", "echo gpus $CUDA_VISIBLE_DEVICES");
  add_env(own, "CUDA_VISIBLE_DEVICES", "7");
  run(own);
  EXPECT_EQ(log("own"), "gpus 7\n");
  auto many = shell_job("many", "true");
  many.local.gpus = 4;
  try {
    runner().launch(many);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(error.what(), HasSubstr("spec.local.gpus wants 4 GPUs"));
  }
}

TEST_F(MachineShareTest, SharesGpusEquallyUnlessTold) {
  options_.gpus = {{"0", "1", "2", "3"}};
  options_.parallel = 2;
  for (const std::string trial : {"a", "b"}) {
    runner().launch(shell_job(trial, "echo gpus $CUDA_VISIBLE_DEVICES; echo loss=1; sleep 1000"));
    events_.wait_for_reports(trial, 1);
  }
  EXPECT_THAT(log("a"), HasSubstr("gpus 0,1\n"));
  EXPECT_THAT(log("b"), HasSubstr("gpus 2,3\n"));
}

TEST_F(MachineShareTest, DoesWithoutTheGpusThatAContainerAsksFor) {
  options_.gpus = std::vector<std::string>{};
  auto job = shell_job("t", "echo gpus \"'$CUDA_VISIBLE_DEVICES'\"");
  job.object["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] =
      1;
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_EQ(log("t"), "gpus ''\n");
  runner_.reset();
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("asks for 1 nvidia.com/gpu; this machine has 0")));
}

}  // namespace
}  // namespace mimar::local
