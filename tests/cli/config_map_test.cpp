// trialTemplate.configMap through the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "tests/cli/mimar_process.h"

namespace mimar::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kExperiment = R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: from-map}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  parallelTrialCount: 1
  maxTrialCount: 2
  resumePolicy: LongRunning
  parameters: [{name: lr, parameterType: double, feasibleSpace: {min: "0", max: "1"}}]
  trialTemplate:
    primaryContainerName: train
    trialParameters: [{name: lr, reference: lr}]
    configMap: {configMapName: templates, configMapNamespace: team-a, templatePath: train.yaml}
)";

constexpr const char* kConfigMap = R"(apiVersion: v1
kind: ConfigMap
metadata: {name: templates, namespace: team-a}
data:
  train.yaml: |
    apiVersion: batch/v1
    kind: Job
    spec:
      template:
        spec:
          containers:
            - {name: train, image: busybox, command: [echo, "loss=${trialParameters.lr}"]}
          restartPolicy: Never
)";

TEST(ConfigMap, OfAnotherFileIsRecordedWithTheExperiment) {
  const MimarStage stage;
  const std::string file = stage.write("experiment.yaml", kExperiment);
  const std::string map = stage.write("maps.yaml", kConfigMap);
  ASSERT_EQ(stage.run({"run", file, "--config-map", map}).exit_code, 0);
  std::filesystem::remove(map);
  std::filesystem::remove(file);
  const Ended resumed = stage.run({"resume", "from-map", "--max-trials", "3"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("3/3 trials, 3 succeeded"));
}

TEST(ConfigMap, IsReadFromTheSameFileOrAFolder) {
  const MimarStage stage;
  const std::string both = stage.write("both.yaml", concat(kExperiment, "---\n", kConfigMap));
  EXPECT_EQ(stage.run({"validate", both}).exit_code, 0);
  const std::string file = stage.write("experiment.yaml", kExperiment);
  std::filesystem::create_directory(stage.folder() / "maps");
  stage.write("maps/templates.yaml", kConfigMap);
  stage.write("maps/notes.txt", "{ no YAML");
  EXPECT_EQ(
      stage.run({"validate", file, "--config-map", (stage.folder() / "maps").string()}).exit_code,
      0);
}

TEST(ConfigMap, MistakesNameTheFileTheyStandIn) {
  const MimarStage stage;
  const std::string file = stage.write("experiment.yaml", kExperiment);
  const Ended missing = stage.run({"run", file});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("error[M064]"), HasSubstr("looked in this file;"),
                                 HasSubstr("--config-map"), Not(HasSubstr("M058"))));
  std::string broken = kConfigMap;
  broken.replace(broken.find("image:"), 6, "imgae:");
  const std::string map = stage.write("maps.yaml", broken);
  const Ended ended = stage.run({"validate", file, "--config-map", map});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--> " + map + ":12:"));
  EXPECT_THAT(stage.run({"validate", file, "--config-map", "none.yaml"}).err,
              HasSubstr("no file \"none.yaml\""));
}

}  // namespace
}  // namespace mimar::cli
