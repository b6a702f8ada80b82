#include "experiment/config_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "experiment/parse.h"

namespace mimar::experiment {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kExperiment = R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: from-map}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
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
  other.yaml: "not this one"
  train.yaml: |-
    apiVersion: batch/v1
    kind: Job
    spec:

      template:
        spec:
          containers:
            - {name: train, image: busybox, command: [echo, "--lr=${trialParameters.lr}"]}
          restartPolicy: Never
)";

/// "code file:line:column message" of each problem.
std::vector<std::string> lines_of(const ParseResult& result) {
  std::vector<std::string> lines;
  for (const DocumentProblem& problem : result.problems) {
    lines.push_back(problem.code + ' ' + problem.file + ':' + std::to_string(problem.line) + ':' +
                    std::to_string(problem.column) + ' ' + problem.message);
  }
  return lines;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

void expect_job(const ParseResult& result) {
  ASSERT_THAT(lines_of(result), IsEmpty());
  ASSERT_THAT(result.experiments, SizeIs(1));
  const Json& written = result.experiments[0].object["spec"]["trialTemplate"];
  EXPECT_FALSE(written.contains("configMap"));
  EXPECT_EQ(written["trialSpec"]["kind"], "Job");
  const auto& trial_template = *result.experiments[0].spec.trial_template;
  EXPECT_FALSE(trial_template.config_map);
  EXPECT_EQ(trial_template.trial_spec, written["trialSpec"]);
  EXPECT_THAT(trial_template.success_condition, HasSubstr("Complete"));  // the kind is known
  // What is recorded reads back without any ConfigMap.
  EXPECT_TRUE(parse_experiment_object(result.experiments[0].object).ok());
}

TEST(ConfigMaps, AreReadFromTheSameTextBeforeOrBehind) {
  const std::string behind = concat(kExperiment, "---\n", kConfigMap);
  expect_job(parse_experiments(behind));
  expect_job(parse_experiments(concat(kConfigMap, "---\n", kExperiment)));
}

TEST(ConfigMaps, AreReadFromOtherTextsAndLists) {
  expect_job(parse_experiments(kExperiment, {.config_maps = {{"maps.yaml", kConfigMap}}}));
  const std::string other = "kind: Service\n---\n";
  expect_job(parse_experiments(kExperiment, {.config_maps = {{"a", other}, {"b", kConfigMap}}}));
  const std::string json = to_yaml(Json{
      {"kind", "ConfigMapList"},
      {"items",
       {{{"kind", "ConfigMap"},
         {"metadata", {{"name", "templates"}, {"namespace", "team-a"}}},
         {"data",
          {{"train.yaml",
            "{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {containers: [{name: train, "
            "image: busybox, command: [echo, '--lr=${trialParameters.lr}']}], restartPolicy: "
            "Never}}}}"}}}}}}});
  expect_job(parse_experiments(kExperiment, {.config_maps = {{"list.yaml", json}}}));
}

TEST(ConfigMaps, FitByNamespaceAndWithoutOneAnywhere) {
  const std::string without = replaced(kConfigMap, ", namespace: team-a", "");
  expect_job(parse_experiments(kExperiment, {.config_maps = {{"a", without}}}));
  // The one of the right namespace goes first.
  const std::string empty = "kind: ConfigMap\nmetadata: {name: templates}\n";
  expect_job(parse_experiments(kExperiment, {.config_maps = {{"a", empty}, {"b", kConfigMap}}}));
}

TEST(ConfigMaps, SayWhereTheyWereLookedFor) {
  const ParseResult result = parse_experiments(
      kExperiment, {.config_maps = {{"a.yaml", "kind: ConfigMap\nmetadata: {name: template}\n"},
                                    {"b.yaml", "kind: Job\n"}}});
  ASSERT_THAT(
      lines_of(result),
      ElementsAre("M064 :11:32 no ConfigMap \"templates\" of namespace \"team-a\" was found"));
  EXPECT_EQ(result.problems[0].label, "did you mean \"template\"?");
  EXPECT_THAT(result.problems[0].help, HasSubstr("looked in this file, a.yaml, b.yaml; "));
  EXPECT_THAT(result.problems[0].help, HasSubstr("--config-map"));
}

TEST(ConfigMaps, MistakesOfTheJobStandAtTheirPlaceInTheMapsText) {
  std::string map = replaced(kConfigMap, "image: busybox", "imag: busybox");
  map = replaced(map, "${trialParameters.lr}", "${trialParameters.rate}");
  const ParseResult result = parse_experiments(kExperiment, {.config_maps = {{"maps.yaml", map}}});
  EXPECT_THAT(lines_of(result),
              ElementsAre("M053 :10:30 the job has no placeholder ${trialParameters.lr}",
                          "M056 maps.yaml:14:29 unknown field \"imag\"",
                          "M054 maps.yaml:14:66 trialParameters do not declare \"rate\""));
}

TEST(ConfigMaps, FaultsOfTheTemplatesTextStandAtTheirPlace) {
  const std::string map = replaced(kConfigMap, "kind: Job", "kind: Job\n    kind: Pod");
  const ParseResult result = parse_experiments(kExperiment, {.config_maps = {{"maps.yaml", map}}});
  ASSERT_THAT(lines_of(result), SizeIs(1));
  EXPECT_THAT(lines_of(result)[0], testing::StartsWith("M007 maps.yaml:9:5 "));
  EXPECT_FALSE(result.ok());
}

TEST(ConfigMaps, OfATextInQuotesTheWholeIsThePlace) {
  const std::string map =
      "kind: ConfigMap\nmetadata: {name: templates}\n"
      "data: {train.yaml: \"{apiVersion: batch/v1, kind: Job, spec: {templat: 1}}\"}\n";
  const ParseResult result = parse_experiments(kExperiment, {.config_maps = {{"maps.yaml", map}}});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(lines_of(result), testing::Contains(testing::StartsWith("M056 maps.yaml:3:20 ")));
}

TEST(ConfigMaps, StayAsTheyAreInObjects) {
  Json object =
      parse_experiments(concat(kExperiment, "---\n", kConfigMap)).experiments.at(0).object;
  Json& trial_template = object["spec"]["trialTemplate"];
  trial_template.erase("trialSpec");
  trial_template["configMap"] = {{"configMapName", "templates"},
                                 {"configMapNamespace", "team-a"},
                                 {"templatePath", "train.yaml"}};
  const ParseResult result = parse_experiment_object(object);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.experiments[0].spec.trial_template->config_map->name, "templates");
}

}  // namespace
}  // namespace mimar::experiment
