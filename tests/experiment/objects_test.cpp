#include "experiment/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/make_experiment.h"

namespace mimar::experiment {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing_support::make_experiment;
using testing_support::make_trial;

TimePoint at(int second) { return parse_rfc3339("2026-11-24T10:00:00.75Z") + seconds(second); }

/// An experiment that has run for 100 s.
StoredExperiment running() {
  StoredExperiment stored{make_experiment(), {}};
  stored.experiment.labels = {{"team", "vision"}};
  stored.state.phase = ExperimentPhase::kRunning;
  stored.state.created_at = at(0);
  stored.state.started_at = at(1);
  return stored;
}

Trial ended(const StoredExperiment& stored, hpo::TrialId number, TrialPhase phase,
            const std::string& loss = "") {
  Trial trial = make_trial(stored.experiment, number);
  trial.phase = phase;
  trial.created_at = at(2);
  trial.started_at = at(3);
  trial.finished_at = at(9);
  if (!loss.empty()) trial.metrics = {{"loss", loss, loss, loss}};
  return trial;
}

/// Each condition as "Type=Status reason".
std::vector<std::string> conditions(const Json& object) {
  std::vector<std::string> texts;
  for (const Json& condition : object.at("status").at("conditions")) {
    texts.push_back(concat(condition.at("type").get<std::string>(), "=",
                           condition.at("status").get<std::string>(), " ",
                           condition.at("reason").get<std::string>()));
  }
  return texts;
}

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

TEST(ExperimentObject, IsKatibsWithTheUsersSpec) {
  const StoredExperiment stored = running();
  const Json object = experiment_object(stored, {});
  EXPECT_THAT(keys(object), ElementsAre("apiVersion", "kind", "metadata", "spec", "status"));
  EXPECT_EQ(object["metadata"]["uid"], stored.experiment.uid);
  EXPECT_EQ(object["metadata"]["creationTimestamp"], "2026-11-24T10:00:00Z");
  EXPECT_EQ(object["spec"], stored.experiment.object["spec"]);
  EXPECT_EQ(object["status"]["startTime"], "2026-11-24T10:00:01Z");
  EXPECT_EQ(object["status"]["currentOptimalTrial"].dump(), R"({"observation":{}})");
  EXPECT_EQ(object["status"]["seed"], stored.experiment.seed());
  EXPECT_FALSE(object["status"].contains("trials"));
}

TEST(ExperimentObject, ConditionsFollowThePhase) {
  StoredExperiment stored = running();
  EXPECT_THAT(conditions(experiment_object(stored, {})),
              ElementsAre("Created=True ExperimentCreated", "Running=True ExperimentRunning"));
  stored.state.phase = ExperimentPhase::kRetraining;
  EXPECT_THAT(conditions(experiment_object(stored, {})).back(),
              "Retraining=True ExperimentRetraining");
  stored.state.phase = ExperimentPhase::kSucceeded;
  stored.state.reason = "ExperimentGoalReached";
  stored.state.message = "Experiment has succeeded because Objective goal has reached";
  stored.state.finished_at = at(60);
  const Json object = experiment_object(stored, {});
  EXPECT_THAT(conditions(object),
              ElementsAre("Created=True ExperimentCreated", "Running=False ExperimentRunning",
                          "Succeeded=True ExperimentGoalReached"));
  EXPECT_EQ(object["status"]["completionTime"], "2026-11-24T10:01:00Z");
  EXPECT_EQ(object["status"]["conditions"][2]["message"], stored.state.message);
  stored.state = {};
  stored.state.created_at = at(0);
  EXPECT_THAT(conditions(experiment_object(stored, {})),
              ElementsAre("Created=True ExperimentCreated"));
}

TEST(ExperimentObject, CountsAndListsTrialsByPhase) {
  const StoredExperiment stored = running();
  std::vector<Trial> trials = {ended(stored, 0, TrialPhase::kSucceeded, "0.5"),
                               ended(stored, 1, TrialPhase::kSucceeded, "0.25"),
                               ended(stored, 2, TrialPhase::kMetricsUnavailable),
                               make_trial(stored.experiment, 3)};
  const Json status = experiment_object(stored, trials)["status"];
  EXPECT_THAT(keys(status),
              ElementsAre("startTime", "conditions", "currentOptimalTrial", "pendingTrialList",
                          "succeededTrialList", "metricsUnavailableTrialList", "trials",
                          "trialsSucceeded", "trialsPending", "trialMetricsUnavailable", "seed"));
  EXPECT_EQ(status["trials"], 4);
  EXPECT_EQ(status["trialsSucceeded"], 2);
  EXPECT_THAT(status["succeededTrialList"], ElementsAre(trials[0].name, trials[1].name));
  EXPECT_EQ(status["currentOptimalTrial"].dump(),
            concat(R"({"bestTrialName":")", trials[1].name,
                   R"(","parameterAssignments":[{"name":"lr","value":"0.5"}],"observation":)",
                   R"({"metrics":[{"name":"loss","min":"0.25","max":"0.25","latest":"0.25"}]}})"));
}

TEST(ExperimentObject, ListsTheNewestThousandAndCountsAll) {
  const StoredExperiment stored = running();
  std::vector<Trial> trials;
  for (int i = 0; i < 1203; ++i) trials.push_back(ended(stored, i, TrialPhase::kFailed));
  const Json status = experiment_object(stored, trials)["status"];
  EXPECT_EQ(status["failedTrialList"].size(), 1000U);
  EXPECT_EQ(status["failedTrialList"][0], trials[203].name);
  EXPECT_EQ(status["trialsFailed"], 1203);
  EXPECT_EQ(status["trialListsTruncated"], true);
}

TEST(ExperimentObject, ShowsTheParetoFrontOfSeveralObjectives) {
  StoredExperiment stored = running();
  ExperimentSpec& spec = stored.experiment.spec;
  spec.objectives.push_back({"accuracy", hpo::Direction::kMaximize, MetricStrategy::kMax, {}});
  std::vector<Trial> trials;
  const auto add = [&](const std::string& loss, const std::string& accuracy) {
    const auto number = static_cast<hpo::TrialId>(trials.size());
    trials.push_back(ended(stored, number, TrialPhase::kSucceeded, loss));
    trials.back().metrics.push_back({"accuracy", accuracy, accuracy, accuracy});
  };
  EXPECT_FALSE(experiment_object(stored, trials)["status"].contains("paretoOptimalTrials"));
  add("0.5", "0.9");
  add("0.5", "0.8");
  add("0.2", "0.7");
  const Json status = experiment_object(stored, trials)["status"];
  ASSERT_EQ(status["paretoOptimalTrials"].size(), 2U);
  EXPECT_EQ(status["paretoOptimalTrials"][0], status["currentOptimalTrial"]);
  EXPECT_EQ(status["paretoOptimalTrials"][0]["bestTrialName"], trials[2].name);
  EXPECT_EQ(status["paretoOptimalTrials"][1]["bestTrialName"], trials[0].name);
  EXPECT_EQ(status["paretoOptimalTrials"][1]["observation"]["metrics"][1]["max"], "0.9");
}

TEST(ExperimentObject, RetrainedTrialsStandApart) {
  const StoredExperiment stored = running();
  std::vector<Trial> trials = {ended(stored, 0, TrialPhase::kSucceeded, "0.5"),
                               ended(stored, 1, TrialPhase::kSucceeded, "0.1")};
  trials[1].purpose = TrialPurpose::kRetrain;
  trials[1].retrain_of = 0;
  const Json status = experiment_object(stored, trials)["status"];
  EXPECT_EQ(status["trials"], 1);
  EXPECT_EQ(status["currentOptimalTrial"]["bestTrialName"], trials[0].name);
  EXPECT_EQ(status["retrained"][0]["trial"], trials[1].name);
  EXPECT_EQ(status["retrained"][0]["of"], trials[0].name);
  EXPECT_EQ(status["retrained"][0]["metrics"][0]["latest"], "0.1");
}

TEST(TrialObject, ShowsWhatRanAndHowItEnded) {
  const StoredExperiment stored = running();
  Trial trial = ended(stored, 3, TrialPhase::kFailed);
  trial.reason = "TrialFailed";
  trial.message = "exit code 3";
  trial.proposal.labels = {{"rung", "2"}};
  const Json object = trial_object(stored, trial);
  EXPECT_EQ(object["kind"], "Trial");
  EXPECT_EQ(object["metadata"]["labels"].dump(),
            R"({"team":"vision","katib.kubeflow.org/experiment":"demo","rung":"2"})");
  EXPECT_EQ(object["spec"]["objective"]["objectiveMetricName"], "loss");
  EXPECT_EQ(object["spec"]["parameterAssignments"].dump(), R"([{"name":"lr","value":"0.5"}])");
  EXPECT_EQ(object["spec"]["runSpec"]["metadata"]["name"], trial.name);
  EXPECT_EQ(object["spec"]["runSpec"]["spec"]["template"]["spec"]["containers"][0]["command"],
            Json({"echo", "--lr=0.5"}));
  EXPECT_THAT(conditions(object),
              ElementsAre("Created=True TrialCreated", "Running=False TrialRunning",
                          "Failed=True TrialFailed"));
  EXPECT_EQ(object["status"]["conditions"][2]["message"],
            "Trial has failed. Job message: exit code 3");
  EXPECT_EQ(trial_objects(stored, {trial, trial})[1], object);
}

TEST(TrialObject, OrdersMetricsByTheSpecAndShowsAMissingObjective) {
  StoredExperiment stored = running();
  stored.experiment.spec.additional_metrics = {{"accuracy", MetricStrategy::kMax}};
  Trial trial = ended(stored, 0, TrialPhase::kMetricsUnavailable);
  trial.metrics = {{"extra", "1", "1", "1"}, {"accuracy", "1", "1", "1"}};
  std::vector<std::string> names;
  const Json object = trial_object(stored, trial);
  for (const Json& metric : object["status"]["observation"]["metrics"]) {
    names.push_back(metric["name"]);
  }
  EXPECT_THAT(names, ElementsAre("loss", "accuracy", "extra"));
  EXPECT_EQ(object["status"]["observation"]["metrics"][0]["latest"], "unavailable");
}

TEST(TrialObject, ListsDecisionsBeforeParameters) {
  StoredExperiment stored = running();
  const space::ChainSpace chain{.num_layers = 2,
                                .input_sizes = {28, 28, 1},
                                .output_sizes = {10},
                                .operations = {{"flatten", {}}, {"conv", {}}}};
  stored.experiment.spec.graph = chain;
  const space::Architecture architecture{
      space::ChainArchitecture{{28, 28, 1}, {10}, {{{"conv", {}}, {}}, {{"flatten", {}}, {0}}}}};
  space::Assignment values = space::encode(chain, architecture);
  values["lr"] = 0.5;
  const Json list = trial_object(
      stored, make_trial(stored.experiment, 0, values))["spec"]["parameterAssignments"];
  ASSERT_EQ(list.size(), values.size());
  EXPECT_EQ(list.front()["name"], "chain.layer0.op");
  EXPECT_EQ(list.back()["name"], "lr");
}

TEST(SuggestionObject, HoldsTheAssignments) {
  StoredExperiment stored = running();
  const std::vector<Trial> trials = {ended(stored, 0, TrialPhase::kSucceeded, "1"),
                                     make_trial(stored.experiment, 1)};
  const Json object = suggestion_object(stored, trials);
  EXPECT_EQ(object["spec"]["algorithm"]["algorithmName"], "random");
  EXPECT_EQ(object["spec"]["requests"], 2);
  EXPECT_EQ(object["status"]["suggestionCount"], 2);
  EXPECT_EQ(object["status"]["suggestions"][1]["name"], trials[1].name);
  EXPECT_THAT(conditions(object),
              ElementsAre("Created=True SuggestionCreated", "DeploymentReady=True DeploymentReady",
                          "Running=True SuggestionRunning"));
  stored.state.phase = ExperimentPhase::kSucceeded;
  stored.state.finished_at = at(50);
  EXPECT_THAT(conditions(suggestion_object(stored, trials)).back(),
              "Succeeded=True Experiment is succeeded");
}

TEST(ListObject, WrapsItems) {
  EXPECT_EQ(list_object({Json(1), Json(2)}).dump(),
            R"({"apiVersion":"v1","kind":"List","items":[1,2]})");
}

}  // namespace
}  // namespace mimar::experiment
