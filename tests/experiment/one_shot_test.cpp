#include "experiment/one_shot.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "experiment/parse.h"
#include "experiment/suggestion_provider.h"
#include "experiment/trial_job.h"
#include "space/published_forms.h"

namespace mimar::experiment {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A search by `algorithm`, whose settings, nasConfig and further lines of the spec are given.
std::string text_of(const std::string& algorithm, const std::string& nas,
                    const std::string& rest = {}) {
  return "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nmetadata: {name: cells}\nspec:\n"
         "  seed: 7\n"
         "  objective: {type: maximize, objectiveMetricName: validation-accuracy}\n"
         "  algorithm: {" +
         algorithm + "}\n  nasConfig: " + nas + "\n" + rest +
         "  maxTrialCount: 2\n  metricsCollectorSpec: {collector: {kind: Push}}\n"
         R"(  retrain: {parameters: {command: fit}}
  trialTemplate:
    primaryContainerName: train
    trialParameters:
      - {name: command, value: search}
      - {name: settings, reference: algorithm-settings}
      - {name: space, reference: search-space}
      - {name: layers, reference: num-layers}
      - {name: network, reference: network}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec: {template: {spec: {restartPolicy: Never, containers: [{name: train, image: i, command: [
        "mimar-train", "${trialParameters.command}", "--algorithm-settings=${trialParameters.settings}",
        "--search-space=${trialParameters.space}", "--num-layers=${trialParameters.layers}",
        "--network=${trialParameters.network}"]}]}}}
)";
}

Experiment parsed(const std::string& text) {
  ParseResult result = parse_experiments(text);
  for (const DocumentProblem& problem : result.problems) ADD_FAILURE() << problem.message;
  return std::move(result.experiments.at(0));
}

const char* const kDarts = "{cell: {space: darts, numCells: 5, numNodes: 3, initChannels: 8}}";

Trial trial_of(const Experiment& experiment, hpo::TrialId number) {
  Trial trial;
  trial.number = number;
  trial.name = trial_name(experiment.name, experiment.uid, number);
  return trial;
}

void report(Trial& trial, const std::string& metric, const std::string& value) {
  trial.metrics.push_back({metric, "unavailable", "unavailable", value});
}

TEST(OneShot, TellsATrialKatibsThreeStrings) {
  const Experiment experiment =
      parsed(text_of("algorithmName: darts, algorithmSettings: [{name: num_epochs, value: \"3\"},"
                     " {name: unrolled, value: \"true\"}]",
                     kDarts));
  const OneShotStrings strings = one_shot_strings(experiment, trial_of(experiment, 0));
  // The file's values are texts, defaults and sizes numbers, as Katib writes them.
  EXPECT_THAT(strings.settings, testing::StartsWith("{'num_epochs': '3', 'w_lr': 0.025, "));
  for (const char* part : {"'batch_size': 128", "'init_channels': 8", "'num_nodes': 3",
                           "'stem_multiplier': 3", "'print_step': 50", "'unrolled': 'true'"}) {
    EXPECT_THAT(strings.settings, HasSubstr(part));
  }
  EXPECT_EQ(strings.num_layers, "5");
  EXPECT_EQ(strings.search_space,
            "['max_pool_3x3', 'avg_pool_3x3', 'skip_connect', 'sep_conv_3x3', 'sep_conv_5x5', "
            "'dil_conv_3x3', 'dil_conv_5x5']");
  // Each trial searches from a seed of its own, always the same.
  const auto seed = [&](hpo::TrialId number) {
    const std::string all = one_shot_strings(experiment, trial_of(experiment, number)).settings;
    return all.substr(all.find("'seed'"));
  };
  EXPECT_EQ(seed(0), seed(0));
  EXPECT_NE(seed(0), seed(1));
}

TEST(OneShot, NamesKatibsOperationsAfterTheirFirstParameter) {
  const Experiment experiment = parsed(text_of("algorithmName: darts", R"(
    graphConfig: {numLayers: 3}
    operations:
      - operationType: separable_convolution
        parameters: [{name: filter_size, parameterType: categorical, feasibleSpace: {list: ["3", "5"]}}]
      - operationType: skip_connection
        parameters: [{name: filter_size, parameterType: categorical, feasibleSpace: {list: ["3"]}}])"));
  const OneShotStrings strings = one_shot_strings(experiment, trial_of(experiment, 0));
  EXPECT_EQ(strings.search_space,
            "['separable_convolution_3x3', 'separable_convolution_5x5', 'skip_connection']");
  EXPECT_EQ(strings.num_layers, "3");
}

TEST(OneShot, ASearchHasNoNetworkAndAFinalTrainingNothingElse) {
  const Experiment experiment = parsed(text_of("algorithmName: darts", kDarts));
  Trial trial = trial_of(experiment, 0);
  const auto argv = [&](const Trial& of, const std::map<std::string, std::string>& replaced) {
    return primary_command(render(experiment, of, replaced)).argv;
  };
  EXPECT_THAT(argv(trial, {}),
              ElementsAre("mimar-train", "search", testing::StartsWith("--algorithm-settings={'"),
                          testing::StartsWith("--search-space=['"), "--num-layers=5"));
  trial.purpose = TrialPurpose::kRetrain;
  EXPECT_THROW(render(experiment, trial, {{"command", "fit"}}), Error);  // nothing was found
  const std::string network =
      R"({"version":1,"space":"macro","initChannels":8,"layers":[{"op":"conv_3x3","skips":[]}]})";
  trial.proposal.labels[kArchitectureLabel] = network;
  EXPECT_THAT(argv(trial, {{"command", "fit"}}),
              ElementsAre("mimar-train", "fit", testing::StartsWith("--network={")));
}

TEST(OneShot, FindsTheArchitectureAmongTheMetrics) {
  const Experiment experiment = parsed(text_of("algorithmName: darts", kDarts));
  Trial trial = trial_of(experiment, 0);
  EXPECT_EQ(find_architecture(experiment.spec, trial), std::nullopt);
  report(trial, "Best-Genotype", "no genotype");
  EXPECT_EQ(find_architecture(experiment.spec, trial), std::nullopt);
  // As Katib's trial prints it; the sizes are the supernet's.
  trial.metrics[0].latest =
      "Genotype(normal=[[('max_pooling_3x3',0),('skip_connection',1)]],normal_concat=range(2,3),"
      "reduce=[[('max_pooling_3x3',0),('skip_connection',1)]],reduce_concat=range(2,3))";
  const auto found = find_architecture(experiment.spec, trial);
  ASSERT_TRUE(found.has_value());
  const auto& cells = std::get<space::CellArchitecture>(found->graph);
  EXPECT_EQ(cells.num_cells, 5);
  EXPECT_EQ(cells.init_channels, 8);
  EXPECT_EQ(space::to_katib_genotype(cells), trial.metrics[0].latest);
  report(
      trial, "architecture",
      R"({"version":1,"space":"macro","initChannels":8,"layers":[{"op":"conv_3x3","skips":[]}]})");
  EXPECT_TRUE(std::holds_alternative<space::MacroArchitecture>(
      find_architecture(experiment.spec, trial)->graph));
}

TEST(OneShot, ProposesTheSearchItself) {
  const Experiment experiment = parsed(text_of("algorithmName: darts", kDarts));
  const auto provider = make_sampler_provider(experiment);
  const auto proposals = provider->propose({}, 3);
  ASSERT_EQ(proposals.size(), 2U);  // maxTrialCount
  EXPECT_TRUE(proposals[0].assignment.empty());
  EXPECT_TRUE(proposals[0].replicate);
}

TEST(OneShot, ParametersAreSettingsOfTheSearch) {
  const Experiment experiment =
      parsed(text_of("algorithmName: enas-oneshot", "{macro: {numLayers: 6, initChannels: 8}}",
                     "  parameters: [{name: child_lr_max, parameterType: double,"
                     " feasibleSpace: {min: \"0.01\", max: \"0.1\"}}]\n"));
  Trial trial = trial_of(experiment, 0);
  trial.proposal.assignment = make_sampler_provider(experiment)->propose({}, 1).at(0).assignment;
  const std::string rate = space::to_text(trial.proposal.assignment.at("child_lr_max"));
  const OneShotStrings strings = one_shot_strings(experiment, trial);
  EXPECT_THAT(strings.settings, HasSubstr("'child_lr_max': '" + rate + "'"));
  EXPECT_THAT(strings.settings, HasSubstr("'space': 'macro'"));
  EXPECT_THAT(strings.settings, HasSubstr("'init_channels': 8"));
  EXPECT_EQ(strings.num_layers, "6");
}

TEST(OneShot, NeedsASpaceThatItHasANetworkFor) {
  const auto problem_of = [](const std::string& text) {
    const ParseResult result = parse_experiments(text);
    return result.problems.empty() ? std::string() : result.problems.front().message;
  };
  EXPECT_THAT(problem_of(text_of("algorithmName: darts", "{cell: {space: nasbench201}}")),
              HasSubstr("darts has no network for this space"));
  EXPECT_THAT(problem_of(text_of("algorithmName: enas-oneshot", kDarts)),
              HasSubstr("enas-oneshot has no network for this space"));
  std::string without = text_of("algorithmName: darts", kDarts);
  without.replace(without.find("nasConfig: "),
                  std::string("nasConfig: ").size() + std::string(kDarts).size(),
                  "parameters: [{name: w_lr, parameterType: double, feasibleSpace: "
                  "{min: \"0.01\", max: \"0.1\"}}]");
  EXPECT_THAT(problem_of(without), HasSubstr("darts searches an architecture"));
}

}  // namespace
}  // namespace mimar::experiment
