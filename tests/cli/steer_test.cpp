// Steering an experiment from another terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "tests/cli/eventually.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"

namespace mimar::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

Json get(const MimarStage& stage, const std::string& kind, const std::string& name) {
  return Json::parse(stage.run({"get", kind, name, "-o", "json"}).out);
}

/// The newest condition of a trial; empty while there is no such trial.
std::string phase_of(const MimarStage& stage, const std::string& trial) {
  const Json object =
      Json::parse(stage.run({"get", "trial", trial, "-o", "json"}).out, nullptr, false);
  return object.is_object() ? object["status"]["conditions"].back()["type"].get<std::string>() : "";
}

std::string value_of(const MimarStage& stage, const std::string& trial, const std::string& name) {
  const Json object = get(stage, "trial", trial);
  for (const Json& one : object["spec"]["parameterAssignments"]) {
    if (one["name"] == name) return one["value"];
  }
  return "none";
}

std::size_t num_trials(const MimarStage& stage) {
  const std::string names = stage.run({"get", "trials", "-o", "name"}).out;
  return static_cast<std::size_t>(std::count(names.begin(), names.end(), '\n'));
}

TEST(Steer, PausesAndResumesWhileTheRunStaysAlive) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 500, .pause = "0.1"});
  const pid_t runner = stage.start({"run", file});
  ASSERT_TRUE(eventually([&] { return !stage.read("journal").empty(); }));
  const Ended paused = stage.run({"pause", "tiny"});
  EXPECT_EQ(paused.exit_code, 0);
  EXPECT_THAT(paused.err, AllOf(HasSubstr(concat("pid ", runner)), HasSubstr("mimar resume tiny")));
  ASSERT_TRUE(eventually([&] {
    return stage.read("started.out").find("experiment-paused") != std::string::npos &&
           read_journal(stage).begun == read_journal(stage).ended;
  }));
  EXPECT_THAT(stage.run({"get", "exp"}).out, HasSubstr("Paused"));
  EXPECT_EQ(get(stage, "exp", "tiny")["status"]["paused"], true);
  const std::size_t before = read_journal(stage).begun.size();
  std::this_thread::sleep_for(600ms);  // as long as several trials take
  EXPECT_EQ(read_journal(stage).begun.size(), before);

  EXPECT_EQ(stage.run({"resume", "tiny", "--timeout", "1h"}).exit_code, 2);
  const Ended resumed = stage.run({"resume", "tiny", "--max-trials", "600"});
  EXPECT_EQ(resumed.exit_code, 0);
  EXPECT_THAT(resumed.err, HasSubstr(concat("goes on in process ", runner)));
  EXPECT_TRUE(eventually([&] { return read_journal(stage).begun.size() > before; }));
  EXPECT_EQ(get(stage, "exp", "tiny")["spec"]["maxTrialCount"], 600);
  EXPECT_EQ(stage.run({"stop", "tiny"}).exit_code, 0);
  EXPECT_EQ(MimarStage::wait(runner), 130);
}

TEST(Steer, WaitEndsWithAStoppedExperiment) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {});
  ASSERT_EQ(stage.run({"create", file}).exit_code, 0);
  ASSERT_EQ(stage.run({"stop", "tiny"}).exit_code, 0);
  const Ended waited = stage.run({"wait", "tiny", "--timeout", "20s"});
  EXPECT_EQ(waited.exit_code, 1);
  EXPECT_THAT(waited.err, HasSubstr("is stopped; `mimar resume tiny`"));
}

TEST(Steer, ARefusedRunLeavesNothingBehind) {
  const MimarStage stage;
  const std::string refused = write_experiment(stage, {.more_spec = "  local: {gpus: 99}\n"});
  const Ended ended = stage.run({"run", refused});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("spec.local.gpus wants 99"));
  EXPECT_EQ(stage.run({"get", "exp", "tiny"}).exit_code, 3);
  EXPECT_EQ(stage.run({"run", write_experiment(stage, {.max_trials = 2})}).exit_code, 0);
}

TEST(Steer, ValidateForetellsAnImageThatIsNotMapped) {
  const MimarStage stage;
  const std::string file = stage.write("image.yaml", R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: image}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  parameters: [{name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}]
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{name: x, reference: x}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers: [{name: main, image: "my/image:1", command: [my-trainer, "${trialParameters.x}"]}]
            restartPolicy: Never
)");
  const Ended said = stage.run({"validate", file});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.err, HasSubstr("`mimar run` will refuse it: the image"));
}

TEST(Steer, APauseOutlivesACrash) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 3, .pause = "0.1"});
  const pid_t runner = stage.start({"run", file});
  ASSERT_TRUE(eventually([&] { return !stage.read("journal").empty(); }));
  ASSERT_EQ(stage.run({"pause", "tiny"}).exit_code, 0);
  kill(runner, SIGKILL);
  MimarStage::wait(runner);
  EXPECT_THAT(stage.run({"get", "exp"}).out, HasSubstr("Paused"));
  EXPECT_EQ(stage.run({"pause", "tiny"}).exit_code, 0);
  const Ended resumed = stage.run({"resume", "tiny"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(num_trials(stage), 3U);
  EXPECT_THAT(stage.run({"pause", "tiny"}).err, HasSubstr("has ended already"));
}

TEST(Steer, KillsATrialOfAnotherProcessWithinASecond) {
  const MimarStage stage;
  const std::string file = write_experiment(
      stage,
      {.max_trials = 2, .first_commands = "[ -e journal ] || { touch journal; sleep 600; }"});
  const pid_t runner = stage.start({"run", file});
  ASSERT_TRUE(eventually([&] { return phase_of(stage, "tiny/0") == "Running"; }))
      << stage.read("started.out") << stage.read("started.err")
      << stage.run({"describe", "trial", "tiny/0"}).out;
  const auto begin = std::chrono::steady_clock::now();
  const Ended killed = stage.run({"kill", "tiny/0"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);  // a busy machine's second
  EXPECT_EQ(killed.exit_code, 0) << killed.err;
  EXPECT_EQ(phase_of(stage, "tiny/0"), "Killed");
  EXPECT_EQ(MimarStage::wait(runner), 0);  // the search went on to its end
  EXPECT_EQ(phase_of(stage, "tiny/1"), "Succeeded");
  const Ended again = stage.run({"kill", "tiny/0"});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_THAT(again.err, HasSubstr("has ended already (Killed)"));
  EXPECT_EQ(stage.run({"kill", "tiny/7"}).exit_code, 3);
}

TEST(Steer, KillsATrialThatNoProcessRuns) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 2});
  ASSERT_EQ(stage.run({"create", file}).exit_code, 0);
  ASSERT_EQ(stage.run({"ask", "tiny"}).exit_code, 0);
  EXPECT_EQ(stage.run({"kill", "tiny/0"}).exit_code, 0);
  EXPECT_EQ(phase_of(stage, "tiny/0"), "Killed");
  EXPECT_EQ(stage.run({"tell", "tiny/0", "loss=1"}).exit_code, 4);
}

TEST(Steer, RunsValuesOfTheUsersChoiceNext) {
  const MimarStage stage;
  const std::string file =
      write_experiment(stage, {.max_trials = 4, .first_commands = "[ $x -ne 37 ] || exit 3"});
  ASSERT_EQ(stage.run({"create", file}).exit_code, 0);
  const Ended enqueued = stage.run({"enqueue", "tiny", "-p", "x=37"});
  EXPECT_EQ(enqueued.exit_code, 0) << enqueued.err;
  EXPECT_THAT(enqueued.err, HasSubstr("mimar resume tiny"));
  EXPECT_EQ(stage.run({"enqueue", "-p", "x=38", "-p", "fraction=500", "tiny"}).exit_code, 0);
  EXPECT_THAT(stage.run({"describe", "exp", "tiny"}).out, HasSubstr("enqueued  2"));
  EXPECT_EQ(stage.run({"resume", "tiny", "--timeout", "1h"}).exit_code, 0);
  EXPECT_EQ(value_of(stage, "tiny/0", "x"), "37");
  EXPECT_EQ(value_of(stage, "tiny/1", "x"), "38");
  EXPECT_EQ(value_of(stage, "tiny/1", "fraction"), "500");
  EXPECT_EQ(num_trials(stage), 4U);
  EXPECT_EQ(phase_of(stage, "tiny/0"), "Failed");

  const Ended late = stage.run({"enqueue", "tiny", "-p", "x=1"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, HasSubstr("has ended its search (ExperimentMaxTrialsReached)"));
}

TEST(Steer, SaysWhichValuesATrialCanHave) {
  const MimarStage stage;
  ASSERT_EQ(stage.run({"create", write_experiment(stage, {.max_trials = 1})}).exit_code, 0);
  const std::map<std::string, std::string> wrong = {
      {"x=101", "x: \"101\" is not a whole number from 0 to 100"},
      {"y=1", "\"y\" is no parameter of the experiment"},
      {"x", "a value is NAME=VALUE"},
      {"network=@file.json", "the experiment searches no network"}};
  for (const auto& [value, message] : wrong) {
    const Ended refused = stage.run({"enqueue", "tiny", "-p", value});
    EXPECT_EQ(refused.exit_code, 2) << value;
    EXPECT_THAT(refused.err, HasSubstr(message));
  }
  EXPECT_EQ(stage.run({"enqueue", "tiny", "-p", "x=1"}).exit_code, 0);
  const Ended full = stage.run({"enqueue", "tiny", "-p", "x=2"});
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("mimar edit tiny --max-trials 2"));
}

TEST(Steer, RetriesAndClonesTrialsWhileTheExperimentRests) {
  const MimarStage stage;
  ASSERT_EQ(stage.run({"create", write_experiment(stage, {.max_trials = 5})}).exit_code, 0);
  ASSERT_EQ(stage.run({"ask", "tiny", "-k", "2"}).exit_code, 0);
  ASSERT_EQ(stage.run({"tell", "tiny/0", "--failed"}).exit_code, 0);
  ASSERT_EQ(stage.run({"tell", "tiny/1", "loss=1"}).exit_code, 0);
  EXPECT_EQ(stage.run({"retry", "tiny/0"}).exit_code, 0);
  const Ended succeeded = stage.run({"retry", "tiny/1"});
  EXPECT_EQ(succeeded.exit_code, 2);
  EXPECT_THAT(succeeded.err, HasSubstr("mimar clone tiny-"));
  EXPECT_EQ(stage.run({"clone", "tiny/1"}).exit_code, 0);
  EXPECT_EQ(stage.run({"clone", "tiny/1", "--set", "x=37"}).exit_code, 0);
  EXPECT_EQ(stage.run({"clone", "tiny/1", "--name", "b"}).exit_code, 2);
  EXPECT_EQ(stage.run({"clone", "tiny"}).exit_code, 2);

  ASSERT_EQ(stage.run({"ask", "tiny", "-k", "3"}).exit_code, 0);
  for (const char* name : {"x", "fraction"}) {
    EXPECT_EQ(value_of(stage, "tiny/2", name), value_of(stage, "tiny/0", name));
    EXPECT_EQ(value_of(stage, "tiny/3", name), value_of(stage, "tiny/1", name));
  }
  EXPECT_EQ(value_of(stage, "tiny/4", "x"), "37");
  EXPECT_EQ(value_of(stage, "tiny/4", "fraction"), value_of(stage, "tiny/1", "fraction"));
  EXPECT_NE(get(stage, "trial", "tiny/2")["metadata"]["name"],
            get(stage, "trial", "tiny/0")["metadata"]["name"]);
}

TEST(Steer, TakesAWholeNetworkAsAValue) {
  const MimarStage stage;
  const std::string file = MIMAR_SOURCE_DIR "/examples/fashion-mnist/joint.yaml";
  ASSERT_EQ(stage.run({"create", file, "--name", "joint"}).exit_code, 0);
  ASSERT_EQ(stage.run({"ask", "joint", "-k", "2"}).exit_code, 0);
  const std::string network = stage.run({"arch", "show", "joint/0", "-o", "json"}).out;
  const std::string other = stage.run({"arch", "show", "joint/1", "-o", "json"}).out;
  ASSERT_NE(network, other);
  const std::string path = stage.write("network.json", network);
  const Ended enqueued = stage.run({"enqueue", "joint", "-p", "network=@" + path, "-p",
                                    "optimizer=adamw", "-p", "adamw-lr=0.0125"});
  EXPECT_EQ(enqueued.exit_code, 0) << enqueued.err;
  EXPECT_EQ(stage.run({"clone", "joint/1", "--set", "network=@" + path}).exit_code, 0);
  ASSERT_EQ(stage.run({"ask", "joint", "-k", "2"}).exit_code, 0);
  for (const char* trial : {"joint/2", "joint/3"}) {
    EXPECT_EQ(stage.run({"arch", "show", trial, "-o", "json"}).out, network);
  }
  EXPECT_EQ(value_of(stage, "joint/2", "adamw-lr"), "0.0125");
  EXPECT_EQ(value_of(stage, "joint/3", "weight-decay"), value_of(stage, "joint/1", "weight-decay"));
}

}  // namespace
}  // namespace mimar::cli
