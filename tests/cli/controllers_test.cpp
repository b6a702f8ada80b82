// Policy networks through the built programs: trained, saved, reused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "base/json.h"
#include "tests/cli/mimar_process.h"

namespace mimar::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// An experiment of a few milliseconds a trial, least at optimizer = adam, width = 8.
std::string experiment(const std::string& name, int seed, const std::string& controller,
                       int max_trials = 8) {
  return "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nmetadata: {name: " + name +
         "}\nspec:\n  seed: " + std::to_string(seed) + R"(
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm:
    algorithmName: enas
    algorithmSettings: [{name: controller_hidden_size, value: "8"}]
  controller: )" +
         controller + R"(
  parallelTrialCount: 1
  maxTrialCount: )" +
         std::to_string(max_trials) + R"(
  parameters:
    - {name: width, parameterType: int, feasibleSpace: {min: "1", max: "16"}}
    - {name: optimizer, parameterType: categorical, feasibleSpace: {list: [sgd, adam, lamb]}}
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{name: width, reference: width}, {name: optimizer, reference: optimizer}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
              - name: main
                image: busybox
                command:
                  - sh
                  - -c
                  - 'w=${trialParameters.width}; l=$(( (w - 8) * (w - 8) )); test ${trialParameters.optimizer} = adam || l=$(( l + 50 )); echo loss=$l'
            restartPolicy: Never
)";
}

Json read_json(const Ended& ended) {
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  return Json::parse(ended.out, nullptr, false);
}

std::vector<std::string> assignments(const MimarStage& stage, const std::string& name) {
  const Json list = read_json(stage.run({"get", "trials", "-e", name, "-o", "json"}));
  std::vector<std::string> all;
  for (const Json& trial : list.at("items")) {
    all.push_back(trial.at("spec").at("parameterAssignments").dump());
  }
  return all;
}

TEST(Controllers, AreSavedAtTheEndAndStartTheNextExperiment) {
  MimarStage stage;
  const Ended first =
      stage.run({"run", stage.write("a.yaml", experiment("first", 1, "{save: p}"))});
  EXPECT_EQ(first.exit_code, 0);
  EXPECT_THAT(first.err, HasSubstr("the controller is saved as p@1"));
  const Json shown = read_json(stage.run({"controllers", "show", "p", "-o", "json"}));
  EXPECT_EQ(shown.at("trials"), 8);
  EXPECT_EQ(shown.at("origin").at("experiment"), "first");

  const Ended second =
      stage.run({"run", stage.write("b.yaml", experiment("second", 2, "{reuse: p, save: p}"))});
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_THAT(second.err, HasSubstr("controller p: it knew 19 of the 19 choices"));
  EXPECT_EQ(stage.run({"controllers", "list", "-o", "name"}).out, "p@1\np@2\n");
  const std::string described = stage.run({"describe", "experiment", "second"}).out;
  EXPECT_THAT(described, HasSubstr("p, file "));
  EXPECT_THAT(described, HasSubstr("p@2"));
  // Of the source's trials the best comes first.
  const Json best = read_json(stage.run({"best", "first", "-o", "json"}));
  EXPECT_EQ(assignments(stage, "second").front(),
            best.at("spec").at("parameterAssignments").dump());
}

TEST(Controllers, AKilledRunProposesWhatAnUndisturbedOneDoes) {
  MimarStage stage;
  // So many that it is killed long before the last.
  const std::string file = stage.write("a.yaml", experiment("first", 1, "{save: p}", 40));
  ASSERT_EQ(stage.run({"run", file}).exit_code, 0);
  const pid_t process = stage.start({"run", file, "--name", "again"});
  while (stage.run({"get", "trials", "-e", "again", "-o", "name"}).out.size() < 60) {
  }
  ::kill(process, SIGKILL);
  MimarStage::wait(process);
  EXPECT_EQ(stage.run({"resume", "again"}).exit_code, 0);
  // Trial names differ, proposals do not: both experiments have the file's seed.
  EXPECT_EQ(assignments(stage, "again"), assignments(stage, "first"));
}

TEST(Controllers, TravelAsFilesAndAreCheckedOnTheWayIn) {
  MimarStage stage;
  ASSERT_EQ(
      stage.run({"run", stage.write("a.yaml", experiment("first", 1, "{save: p}"))}).exit_code, 0);
  const std::string file = (stage.folder() / "p.safetensors").string();
  ASSERT_EQ(stage.run({"controllers", "export", "p", file}).exit_code, 0);
  EXPECT_THAT(stage.run({"controllers", "import", file, "copy"}).err,
              HasSubstr("imported as copy@1"));
  const Ended broken =
      stage.run({"controllers", "import", stage.write("broken", "not numbers"), "copy"});
  EXPECT_NE(broken.exit_code, 0);
  EXPECT_THAT(broken.err, HasSubstr("broken is no controller: "));
  EXPECT_EQ(stage.run({"controllers", "list", "copy", "-o", "name"}).out, "copy@1\n");
}

TEST(Controllers, AFileGoesWithTheLastThatNeedsIt) {
  MimarStage stage;
  ASSERT_EQ(
      stage.run({"run", stage.write("a.yaml", experiment("first", 1, "{save: p}"))}).exit_code, 0);
  const auto num_files = [&] {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(stage.folder())) {
      count += entry.path().parent_path().filename() == "artifacts" ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(num_files(), 1);
  ASSERT_EQ(
      stage.run({"run", stage.write("b.yaml", experiment("second", 2, "{reuse: p}"))}).exit_code,
      0);
  EXPECT_EQ(stage.run({"controllers", "delete", "p@1", "--yes"}).exit_code, 0);
  EXPECT_EQ(num_files(), 1);  // the second experiment started from it
  EXPECT_EQ(stage.run({"delete", "experiment", "second", "--yes"}).exit_code, 0);
  EXPECT_EQ(num_files(), 0);
  EXPECT_THAT(stage.run({"controllers", "show", "p"}).err,
              HasSubstr("no controller is named \"p\""));
}

TEST(Controllers, SaysWhichControllerIsMissing) {
  MimarStage stage;
  const Ended ended =
      stage.run({"run", stage.write("a.yaml", experiment("first", 1, "{reuse: fashion}"))});
  EXPECT_NE(ended.exit_code, 0);
  EXPECT_THAT(ended.err, HasSubstr("no controller is named \"fashion\""));
}

}  // namespace
}  // namespace mimar::cli
