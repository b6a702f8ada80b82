#include "experiment/parse.h"

#include <gmock/gmock.h>

#include <variant>

#include "base/error.h"

namespace mimar::experiment {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::string_view kJoint = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: fashion-joint, labels: {team: vision}}
spec:
  seed: 7
  objective: {type: maximize, objectiveMetricName: validation-accuracy, additionalMetricNames: [validation-loss]}
  algorithm: {algorithmName: random, algorithmSettings: [{name: random_state, value: 3}]}
  parallelTrialCount: 2
  maxTrialCount: 40
  maxFailedTrialCount: 4
  parameters:
    - {name: lr, parameterType: double, feasibleSpace: {min: "1e-4", max: "1e-1", distribution: logUniform}}
    - {name: optimizer, parameterType: categorical, feasibleSpace: {list: [sgd, adamw]}}
    - name: momentum
      parameterType: double
      feasibleSpace: {min: 0.5, max: 0.99}
      when: [{parameter: optimizer, operator: In, values: [sgd]}]
    - {name: batch-size, parameterType: int, feasibleSpace: {min: "32", max: "256", step: "32"}}
    - {name: depth, parameterType: discrete, feasibleSpace: {list: [1, 2, 4]}}
  nasConfig:
    cell: {space: darts, numCells: 5, numNodes: 3, initChannels: 8}
  retrain: {top: 2, parameters: {epochs: 8, split: full}}
  initialPoints: [{lr: 0.01, optimizer: sgd}]
  stallTimeoutSeconds: 60
  metricsCollectorSpec: {collector: {kind: Push}}
  local: {images: {"mimar/train:1": {directory: ., command: [mimar-train], environment: {A: 1}}}, cpus: 0.5, memory: 2Gi}
  trialTemplate:
    primaryContainerName: train
    trialParameters:
      - {name: lr, reference: lr}
      - {name: optimizer, reference: optimizer}
      - {name: momentum, reference: momentum}
      - {name: batch, reference: batch-size}
      - {name: depth, reference: depth}
      - {name: network, reference: network}
      - {name: epochs, value: "2"}
      - {name: split, value: search}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
              - name: train
                image: mimar/train:1
                command: [mimar-train, fit, "--network=${trialParameters.network}", "--lr=${trialParameters.lr}",
                          "--optimizer=${trialParameters.optimizer}", "--momentum=${trialParameters.momentum}",
                          "--batch-size=${trialParameters.batch}", "--depth=${trialParameters.depth}",
                          "--epochs=${trialParameters.epochs}", "--split=${trialParameters.split}"]
            restartPolicy: Never
)";

/// A small experiment with `more` in its spec.
std::string make_text(std::string_view more = "") {
  return concat(R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: small}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
)",
                more);
}

Experiment parse_one(std::string_view text) {
  const ParseResult result = parse_experiments(text);
  EXPECT_TRUE(result.ok()) << print_problems("test.yaml", text, result.problems, false);
  EXPECT_EQ(result.experiments.size(), 1U);
  return result.experiments.empty() ? Experiment{} : result.experiments.front();
}

TEST(Parse, ReadsAJointExperiment) {
  const Experiment experiment = parse_one(kJoint);
  EXPECT_EQ(experiment.name, "fashion-joint");
  EXPECT_EQ(experiment.name_space, "default");
  EXPECT_THAT(experiment.labels, ElementsAre(Pair("team", "vision")));
  EXPECT_EQ(experiment.uid, "");

  const ExperimentSpec& spec = experiment.spec;
  EXPECT_EQ(spec.seed, 7U);
  ASSERT_EQ(spec.objectives.size(), 1U);
  EXPECT_EQ(spec.objectives[0].metric_name, "validation-accuracy");
  EXPECT_EQ(spec.objectives[0].direction, hpo::Direction::kMaximize);
  EXPECT_EQ(spec.objectives[0].strategy, MetricStrategy::kMax);
  ASSERT_EQ(spec.additional_metrics.size(), 1U);
  EXPECT_EQ(spec.additional_metrics[0].strategy, MetricStrategy::kMax);
  EXPECT_THAT(spec.algorithm.settings, ElementsAre(Pair("random_state", "3")));
  EXPECT_EQ(spec.parallel_trial_count, 2);
  EXPECT_EQ(spec.max_trial_count, 40);
  EXPECT_EQ(spec.max_failed_trial_count, 4);
  EXPECT_EQ(spec.stall_timeout, std::chrono::seconds(60));
  EXPECT_EQ(spec.timeout, std::nullopt);
  EXPECT_EQ(spec.metrics_collector.kind, CollectorKind::kPush);
  ASSERT_TRUE(spec.retrain.has_value());
  EXPECT_EQ(spec.retrain->top, 2);
  EXPECT_THAT(spec.retrain->parameters, ElementsAre(Pair("epochs", "8"), Pair("split", "full")));
  EXPECT_THAT(spec.initial_points,
              ElementsAre(ElementsAre(Pair("lr", "0.01"), Pair("optimizer", "sgd"))));
  EXPECT_EQ(spec.local.cpus, 0.5);
  EXPECT_EQ(spec.local.memory, "2Gi");
  EXPECT_THAT(spec.local.images.at("mimar/train:1").command, ElementsAre("mimar-train"));
  EXPECT_THAT(spec.local.images.at("mimar/train:1").environment, ElementsAre(Pair("A", "1")));
}

TEST(Parse, ReadsTheSearchSpace) {
  const ExperimentSpec spec = parse_one(kJoint).spec;
  using space::Distribution;
  ASSERT_EQ(spec.parameters.size(), 5U);
  EXPECT_EQ(spec.parameters[0].domain,
            space::Domain(space::RealDomain{1e-4, 1e-1, Distribution::kLogUniform, {}}));
  EXPECT_EQ(spec.parameters[1].domain, space::Domain(space::CategoricalDomain{{"sgd", "adamw"}}));
  EXPECT_EQ(spec.parameters[2].domain,
            space::Domain(space::RealDomain{0.5, 0.99, Distribution::kUniform, {}}));
  ASSERT_EQ(spec.parameters[2].when.size(), 1U);
  EXPECT_EQ(spec.parameters[2].when[0].any_of,
            std::vector<space::Clause>({{"optimizer", space::Clause::Op::kIn, {"sgd"}}}));
  EXPECT_EQ(spec.parameters[3].domain,
            space::Domain(space::IntegerDomain{32, 256, Distribution::kUniform, 32}));
  EXPECT_EQ(spec.parameters[4].domain, space::Domain(space::OrdinalDomain{{"1", "2", "4"}}));
  ASSERT_TRUE(spec.graph.has_value());
  EXPECT_EQ(*spec.graph, space::GraphSpace(space::CellSpace{.kind = space::CellKind::kDarts,
                                                            .primitives = {},
                                                            .num_nodes = 3,
                                                            .num_cells = 5,
                                                            .init_channels = 8}));
}

TEST(Parse, ReadsTheTrialTemplate) {
  const ExperimentSpec spec = parse_one(kJoint).spec;
  ASSERT_TRUE(spec.trial_template.has_value());
  const TrialTemplate& source = *spec.trial_template;
  EXPECT_EQ(source.command_form, CommandForm::kExec);
  EXPECT_EQ(source.primary_container_name, "train");
  EXPECT_EQ(source.parameters[3].reference, "batch-size");
  EXPECT_EQ(source.parameters[6].value, "2");
  EXPECT_EQ(source.success_condition,
            R"(status.conditions.#(type=="Complete")#|#(status=="True")#)");
  EXPECT_EQ(source.trial_spec["spec"]["template"]["spec"]["containers"][0]["command"][1], "fit");
}

TEST(Parse, FillsInKatibsDefaults) {
  const Experiment experiment = parse_one(make_text("  maxTrialCount: 2\n"));
  const Json& spec = experiment.object["spec"];
  EXPECT_EQ(spec["parallelTrialCount"], 2) << "not more than maxTrialCount";
  EXPECT_EQ(spec["resumePolicy"], "Never");
  EXPECT_EQ(spec["parameters"][0]["feasibleSpace"]["distribution"], "uniform");
  EXPECT_EQ(spec["objective"]["metricStrategies"], Json({{{"name", "loss"}, {"value", "min"}}}));
  EXPECT_EQ(spec["metricsCollectorSpec"]["collector"]["kind"], "StdOut");
  EXPECT_EQ(spec["metricsCollectorSpec"]["source"]["fileSystemPath"]["path"],
            "/var/log/katib/metrics.log");
  EXPECT_EQ(experiment.object["metadata"]["namespace"], "default");
  EXPECT_EQ(parse_one(make_text()).spec.parallel_trial_count, 3);
}

// Katib's defaulter takes empty and zero for absent, and its port may be a text.
TEST(Parse, FillsInThePrometheusPage) {
  const auto page = [](std::string_view http_get) {
    const Experiment experiment =
        parse_one(make_text(concat("  metricsCollectorSpec:\n    collector: {kind: "
                                   "PrometheusMetric}\n    source: {httpGet: ",
                                   http_get, "}\n")));
    return experiment.object["spec"]["metricsCollectorSpec"]["source"]["httpGet"];
  };
  const Json usual = {{"path", "/metrics"}, {"port", 8080}};
  EXPECT_EQ(page("{path: /metrics}"), usual);
  EXPECT_EQ(page("{path: \"\", port: 0}"), usual);
  EXPECT_EQ(page("{path: /metrics, port: \"0\"}"), usual);
  EXPECT_EQ(page("{path: /metrics, port: \"9090\"}")["port"], "9090") << "as written";
}

TEST(Parse, KeepsNumbersOfTheFeasibleSpaceAsWritten) {
  const Json object = parse_one(kJoint).object;
  EXPECT_EQ(object["spec"]["parameters"][2]["feasibleSpace"]["min"], "0.5");
  EXPECT_EQ(object["spec"]["parameters"][4]["feasibleSpace"]["list"], Json({"1", "2", "4"}));
  EXPECT_EQ(object["spec"]["algorithm"]["algorithmSettings"][0]["value"], "3");
}

TEST(Parse, ReadsItsOwnObjectsAgain) {
  const Experiment first = parse_one(kJoint);
  const ParseResult again = parse_experiment_object(first.object);
  ASSERT_EQ(again.experiments.size(), 1U);
  EXPECT_EQ(again.experiments[0].object, first.object);
  EXPECT_EQ(parse_one(to_yaml(first.object)).object, first.object);
  EXPECT_EQ(parse_one(first.object.dump()).object, first.object) << "JSON";
}

TEST(Parse, AcceptsWhatGetShows) {
  Json object = parse_one(kJoint).object;
  object["metadata"]["uid"] = "0-1-2";
  object["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z";
  object["metadata"]["resourceVersion"] = "12";
  object["metadata"]["generation"] = 1;
  object["metadata"]["managedFields"] = Json::array();
  object["status"] = {{"trials", 3}, {"conditions", Json::array()}};
  const ParseResult result = parse_experiment_object(object);
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result.problems, IsEmpty());
  EXPECT_EQ(result.experiments[0].uid, "0-1-2");
  EXPECT_FALSE(result.experiments[0].object.contains("status"));
  EXPECT_FALSE(result.experiments[0].object["metadata"].contains("uid"));
  EXPECT_EQ(parse_one(to_yaml(object)).uid, "") << "a file describes a new experiment";
}

TEST(Parse, ReadsSeveralDocumentsAndLists) {
  const ParseResult two = parse_experiments(make_text() + "---\n" + make_text());
  EXPECT_EQ(two.experiments.size(), 2U);
  const Json list = {{"apiVersion", "v1"},
                     {"kind", "List"},
                     {"items", {two.experiments[0].object, two.experiments[1].object}}};
  EXPECT_EQ(parse_experiments(to_yaml(list)).experiments.size(), 2U);

  const ParseResult half = parse_experiments(make_text() + "---\nkind: Trial\n");
  EXPECT_FALSE(half.ok());
  EXPECT_EQ(half.experiments.size(), 1U);
}

TEST(Parse, SaysWhenThereIsNoExperiment) {
  for (const char* text : {"", "# nothing\n", "---\n", "null\n"}) {
    const ParseResult result = parse_experiments(text);
    ASSERT_EQ(result.problems.size(), 1U) << text;
    EXPECT_EQ(result.problems[0].code, "M009");
  }
  EXPECT_EQ(parse_experiments("just text").problems.at(0).code, "M010");
}

TEST(Parse, MakesANameFromItsBeginning) {
  std::string text = make_text();
  text.replace(text.find("name: small"), 11, "generateName: small-");
  const Experiment experiment = parse_one(text);
  EXPECT_THAT(experiment.name, testing::MatchesRegex("small-[a-z0-9]{5}"));
  EXPECT_EQ(experiment.object["metadata"]["name"], experiment.name);
}

TEST(Parse, ChoosesTheCommandFormByCollector) {
  const auto form_with = [](std::string_view kind) {
    std::string text(kJoint);
    text.replace(text.find("kind: Push"), 10, concat("kind: ", kind));
    const std::size_t at = text.find("\"--network=${trialParameters.network}\"");
    text.replace(at, 38, "\"--network='${trialParameters.network}'\"");
    return parse_one(text).spec.trial_template->command_form;
  };
  for (const char* kind : {"StdOut", "File", "TensorFlowEvent", "PrometheusMetric"}) {
    EXPECT_EQ(form_with(kind), CommandForm::kShell) << kind;
  }
  for (const char* kind : {"Push", "None"}) EXPECT_EQ(form_with(kind), CommandForm::kExec) << kind;
}

TEST(Parse, KnowsWhenKubeflowsJobsEnd) {
  const auto with_kind = [](std::string_view kind) {
    return parse_one(make_text(concat(R"(  trialTemplate:
    primaryContainerName: node
    trialParameters: [{name: x, reference: x}]
    trialSpec: {apiVersion: kubeflow.org/v1, kind: )",
                                      kind, ", spec: {x: \"${trialParameters.x}\"}}\n")))
        .spec.trial_template.value();
  };
  const TrialTemplate tensorflow = with_kind("TFJob");
  EXPECT_EQ(tensorflow.success_condition,
            R"(status.conditions.#(type=="Succeeded")#|#(status=="True")#)");
  EXPECT_EQ(tensorflow.failure_condition,
            R"(status.conditions.#(type=="Failed")#|#(status=="True")#)");
  EXPECT_THAT(tensorflow.primary_pod_labels,
              ElementsAre(Pair("training.kubeflow.org/job-role", "master")));
  EXPECT_EQ(with_kind("TrainJob").primary_pod_labels.size(), 2U);
}

TEST(Parse, ReadsSeveralObjectivesAndConstraints) {
  std::string text = make_text();
  text.replace(text.find("objectiveMetricName: loss"), 25,
               "objectiveMetricName: loss, goal: 0.1,\n    additionalObjectives: [{metricName: "
               "accuracy, type: maximize}],\n    constraints: [{metricName: macs, max: 4e6}]");
  const ExperimentSpec spec = parse_one(text).spec;
  ASSERT_EQ(spec.objectives.size(), 2U);
  EXPECT_EQ(spec.objectives[0].goal, 0.1);
  EXPECT_EQ(spec.objectives[1].strategy, MetricStrategy::kMax);
  ASSERT_EQ(spec.constraints.size(), 1U);
  EXPECT_EQ(spec.constraints[0].max, 4e6);
}

// The shape of Katib's ENAS examples: chain space, double quotes around its own two strings, a
// metadata reference, a quantity without quotes.
TEST(Parse, ReadsKatibsArchitectureSearch) {
  const ExperimentSpec spec = parse_one(R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {namespace: kubeflow, name: chain}
spec:
  objective: {type: maximize, goal: 0.99, objectiveMetricName: Validation-Accuracy}
  algorithm: {algorithmName: random}
  maxTrialCount: 12
  nasConfig:
    graphConfig: {numLayers: 2, inputSizes: [32, 32, 3], outputSizes: [10]}
    operations:
      - operationType: convolution
        parameters:
          - {name: filter_size, parameterType: categorical, feasibleSpace: {list: ["3", "5"]}}
      - operationType: reduction
        parameters:
          - {name: pool_size, parameterType: int, feasibleSpace: {min: "2", max: "3", step: "1"}}
  trialTemplate:
    primaryContainerName: train
    trialParameters:
      - {name: architecture, reference: architecture}
      - {name: config, reference: nn_config}
      - {name: trial, reference: "${trialSpec.Name}"}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
              - name: train
                image: example/enas:latest
                env: [{name: TRIAL, value: "${trialParameters.trial}"}]
                command: [python3, RunTrial.py, '--architecture="${trialParameters.architecture}"',
                          '--nn_config="${trialParameters.config}"']
                resources: {limits: {nvidia.com/gpu: 1, cpu: 0.5}}
            restartPolicy: Never
)")
                                  .spec;
  const auto* chain = std::get_if<space::ChainSpace>(&spec.graph.value());
  ASSERT_NE(chain, nullptr);
  EXPECT_EQ(chain->num_layers, 2);
  EXPECT_THAT(chain->input_sizes, ElementsAre(32, 32, 3));
  ASSERT_EQ(chain->operations.size(), 2U);
  EXPECT_EQ(chain->operations[1].parameters[0].domain,
            space::Domain(space::IntegerDomain{2, 3, space::Distribution::kUniform, 1}));
  EXPECT_EQ(spec.trial_template->command_form, CommandForm::kShell);
}

TEST(Parse, KeepsAThousandProblemsOfAHopelessFile) {
  std::string text = make_text();
  for (int i = 0; i < 3000; ++i) text += concat("  unknown-", i, ": 1\n");
  EXPECT_EQ(parse_experiments(text).problems.size(), 1000U);
}

// Faults of the text itself, as a user meets them.
TEST(Parse, PlacesFaultsOfTheText) {
  const auto places = [](const std::string& text) {
    std::vector<std::string> lines;
    for (const DocumentProblem& problem : parse_experiments(text).problems) {
      lines.push_back(concat(problem.code, " ", problem.line, ":", problem.column));
    }
    return lines;
  };
  EXPECT_THAT(places(make_text("\tseed: 7\n")), ElementsAre("M006 9:1"));
  EXPECT_THAT(places(make_text("  seed: 7\n  seed: 8\n")), ElementsAre("M007 10:3"));
  EXPECT_THAT(places(make_text("  warmStart: [\"\xC3(\"]\n")), ElementsAre("M002 9:16"));
  EXPECT_THAT(places(make_text("  seed: [1\n")), ElementsAre("M001 10:1"));
}

TEST(PrintProblems, DrawsTheLineWithCaretsAndCounts) {
  std::string text = make_text();
  text.replace(text.find("algorithmName"), 13, "algorithmNames");
  const ParseResult result = parse_experiments(text);
  EXPECT_EQ(print_problems("exp.yaml", text, result.problems, false),
            "error[M012]: unknown field \"algorithmNames\"\n"
            "  --> exp.yaml:6:15  spec.algorithm.algorithmNames\n"
            "  |\n"
            "6 |   algorithm: {algorithmNames: random}\n"
            "  |               ^^^^^^^^^^^^^^ did you mean \"algorithmName\"?\n"
            "1 error\n");
  EXPECT_THAT(print_problems("exp.yaml", text, result.problems, true),
              testing::HasSubstr("\x1b[1;31merror[M012]\x1b[0m"));
}

TEST(PrintProblems, ShowsTwentyAndCountsTheRest) {
  std::string text = make_text();
  for (int i = 0; i < 30; ++i) text += concat("  unknown-", i, ": 1\n");
  const ParseResult result = parse_experiments(text);
  const std::string printed = print_problems("exp.yaml", text, result.problems, false);
  EXPECT_THAT(printed, testing::EndsWith("... and 10 more\n30 errors\n"));
}

TEST(PrintProblems, KeepsToThePlaceInVeryLongLines) {
  const std::string text = "[" + std::string(5000, 'x') + ": 1";
  const ParseResult result = parse_experiments(text);
  const std::string printed = print_problems("x.yaml", text, result.problems, false);
  EXPECT_LT(printed.size(), 600U);
}

}  // namespace
}  // namespace mimar::experiment
