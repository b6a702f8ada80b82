#include "experiment/objects.h"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "experiment/object_parts.h"
#include "experiment/trial_job.h"
#include "space/graph_space.h"

namespace mimar::experiment {

namespace {

/// A status holds at most so many names per list: an etcd object holds 1.5 MiB.
constexpr std::size_t kMaxListed = 1000;

/// One of the status's name lists and its counter.
struct PhaseFields {
  TrialPhase phase;
  const char* list;
  const char* counter;
};

constexpr std::array kListOrder = {
    PhaseFields{TrialPhase::kRunning, "runningTrialList", "trialsRunning"},
    PhaseFields{TrialPhase::kCreated, "pendingTrialList", "trialsPending"},
    PhaseFields{TrialPhase::kFailed, "failedTrialList", "trialsFailed"},
    PhaseFields{TrialPhase::kSucceeded, "succeededTrialList", "trialsSucceeded"},
    PhaseFields{TrialPhase::kKilled, "killedTrialList", "trialsKilled"},
    PhaseFields{TrialPhase::kEarlyStopped, "earlyStoppedTrialList", "trialsEarlyStopped"},
    PhaseFields{TrialPhase::kMetricsUnavailable, "metricsUnavailableTrialList",
                "trialMetricsUnavailable"}};  // Katib's counter lacks the s

constexpr std::array kCounterOrder = {
    TrialPhase::kSucceeded,         TrialPhase::kFailed,  TrialPhase::kKilled,
    TrialPhase::kCreated,           TrialPhase::kRunning, TrialPhase::kEarlyStopped,
    TrialPhase::kMetricsUnavailable};

Json experiment_conditions(const ExperimentState& state) {
  Conditions conditions;
  conditions.add("Created", {"ExperimentCreated", "Experiment is created"}, state.created_at);
  if (!state.started_at) return conditions.take();
  const bool runs =
      state.phase == ExperimentPhase::kRunning || state.phase == ExperimentPhase::kRetraining;
  const TimePoint end = state.finished_at.value_or(*state.started_at);
  conditions.add("Running", {"ExperimentRunning", "Experiment is running", runs},
                 runs ? *state.started_at : end);
  if (state.phase == ExperimentPhase::kRetraining) {
    conditions.add("Retraining", {"ExperimentRetraining", "Experiment trains its best trials anew"},
                   *state.started_at);
  } else if (!runs) {
    conditions.add(std::string(to_string(state.phase)), {state.reason, state.message}, end);
  }
  return conditions.take();
}

/// Adds the name lists, then the counters; both are left out when they are empty.
void add_trials(const std::vector<Trial>& trials, Json& status) {
  std::map<TrialPhase, std::vector<const Trial*>> by_phase;
  int total = 0;
  for (const Trial& trial : trials) {
    if (trial.purpose != TrialPurpose::kSearch) continue;
    by_phase[trial.phase].push_back(&trial);
    ++total;
  }
  bool truncated = false;
  for (const PhaseFields& fields : kListOrder) {
    const std::vector<const Trial*>& all = by_phase[fields.phase];
    if (all.empty()) continue;
    const std::size_t first = all.size() > kMaxListed ? all.size() - kMaxListed : 0;
    truncated = truncated || first > 0;
    Json& names = status[fields.list] = Json::array();
    for (std::size_t i = first; i < all.size(); ++i) names.push_back(all[i]->name);
  }
  if (total > 0) status["trials"] = total;
  for (const TrialPhase phase : kCounterOrder) {
    for (const PhaseFields& fields : kListOrder) {
      if (fields.phase != phase || by_phase[phase].empty()) continue;
      status[fields.counter] = by_phase[phase].size();
    }
  }
  if (truncated) status["trialListsTruncated"] = true;
}

/// Katib's OptimalTrial.
Json optimal_trial(const ObjectWriter& writer, const Trial& trial) {
  Json optimal = Json::object();
  optimal["bestTrialName"] = trial.name;
  optimal["parameterAssignments"] = writer.assignments(trial);
  optimal["observation"] = {{"metrics", writer.metrics(trial)}};
  return optimal;
}

/// Adds the best trial and, with several objectives, the Pareto front.
void add_optimal_trials(const ObjectWriter& writer, const ExperimentSpec& spec,
                        const std::vector<Trial>& trials, Json& status) {
  const std::vector<hpo::TrialId> front = pareto_front(spec, trials);
  const auto trial = [&trials](hpo::TrialId number) -> const Trial& {
    return trials.at(static_cast<std::size_t>(number));
  };
  if (front.empty()) {
    status["currentOptimalTrial"] = {{"observation", Json::object()}};  // as Katib has it
    return;
  }
  status["currentOptimalTrial"] = optimal_trial(writer, trial(front.front()));
  if (spec.objectives.size() == 1) return;
  Json& list = status["paretoOptimalTrials"] = Json::array();
  for (const hpo::TrialId number : front) {
    if (list.size() == kMaxListed) {
      status["trialListsTruncated"] = true;
      break;
    }
    list.push_back(optimal_trial(writer, trial(number)));
  }
}

Json retrained(const ObjectWriter& writer, const std::vector<Trial>& trials) {
  Json list = Json::array();
  for (const Trial& trial : trials) {
    if (trial.purpose != TrialPurpose::kRetrain || trial.phase != TrialPhase::kSucceeded) continue;
    const hpo::TrialId of = trial.retrain_of.value_or(0);
    list.push_back({{"trial", trial.name},
                    {"of", trials.at(static_cast<std::size_t>(of)).name},
                    {"metrics", writer.metrics(trial)}});
  }
  return list;
}

Json suggestion_conditions(const ExperimentState& state) {
  Conditions conditions;
  conditions.add("Created", {"SuggestionCreated", "Suggestion is created"}, state.created_at);
  if (!state.started_at) return conditions.take();
  if (!is_final(state.phase)) {
    conditions.add("DeploymentReady", {"DeploymentReady", "Deployment is ready"},
                   *state.started_at);
    conditions.add("Running", {"SuggestionRunning", "Suggestion is running"}, *state.started_at);
    return conditions.take();
  }
  const TimePoint end = state.finished_at.value_or(*state.started_at);
  const std::string succeeded = "Suggestion is succeeded";
  conditions.add("Running", {succeeded, succeeded, false}, end);
  conditions.add("DeploymentReady", {succeeded, succeeded, false}, end);
  conditions.add("Succeeded",
                 {"Experiment is succeeded", "Suggestion is succeeded, can't be restarted"}, end);
  return conditions.take();
}

}  // namespace

Json experiment_object(const StoredExperiment& stored, const std::vector<Trial>& trials) {
  const ExperimentState& state = stored.state;
  const ObjectWriter writer(stored);
  Json object = Json::object();
  object["apiVersion"] = "kubeflow.org/v1beta1";
  object["kind"] = "Experiment";
  object["metadata"] = writer.experiment_metadata();
  object["spec"] = stored.experiment.object.value("spec", Json::object());

  Json& status = object["status"] = Json::object();
  status["startTime"] = to_katib_time(state.started_at.value_or(state.created_at));
  if (state.finished_at) status["completionTime"] = to_katib_time(*state.finished_at);
  status["conditions"] = experiment_conditions(state);
  add_optimal_trials(writer, stored.experiment.spec, trials, status);
  add_trials(trials, status);
  status["seed"] = stored.experiment.seed();
  if (state.paused) status["paused"] = true;
  if (Json list = retrained(writer, trials); !list.empty()) status["retrained"] = std::move(list);
  return object;
}

Json trial_object(const StoredExperiment& stored, const Trial& trial) {
  return ObjectWriter(stored).trial(trial);
}

std::vector<Json> trial_objects(const StoredExperiment& stored, const std::vector<Trial>& trials) {
  const ObjectWriter writer(stored);
  std::vector<Json> objects;
  objects.reserve(trials.size());
  for (const Trial& trial : trials) objects.push_back(writer.trial(trial));
  return objects;
}

Json suggestion_object(const StoredExperiment& stored, const std::vector<Trial>& trials) {
  const ObjectWriter writer(stored);
  std::vector<const Trial*> search;
  for (const Trial& trial : trials) {
    if (trial.purpose == TrialPurpose::kSearch) search.push_back(&trial);
  }
  Json object = Json::object();
  object["apiVersion"] = "kubeflow.org/v1beta1";
  object["kind"] = "Suggestion";
  object["metadata"] = writer.suggestion_metadata();

  const Json spec = stored.experiment.object.value("spec", Json::object());
  for (const char* key : {"algorithm", "earlyStopping"}) {
    if (spec.contains(key)) object["spec"][key] = spec.at(key);
  }
  object["spec"]["requests"] = search.size();
  object["spec"]["resumePolicy"] = spec.value("resumePolicy", "Never");

  Json& status = object["status"] = Json::object();
  status["suggestionCount"] = search.size();
  const std::size_t first = search.size() > kMaxListed ? search.size() - kMaxListed : 0;
  for (std::size_t i = first; i < search.size(); ++i) {
    Json suggestion = {{"name", search[i]->name},
                       {"parameterAssignments", writer.assignments(*search[i])}};
    const hpo::Labels& labels = search[i]->proposal.labels;
    if (!labels.empty()) suggestion["labels"] = labels;
    status["suggestions"].push_back(std::move(suggestion));
  }
  status["startTime"] = to_katib_time(stored.state.created_at);
  status["conditions"] = suggestion_conditions(stored.state);
  return object;
}

Json list_object(std::vector<Json> items) {
  Json object = Json::object();
  object["apiVersion"] = "v1";
  object["kind"] = "List";
  Json& list = object["items"] = Json::array();
  for (Json& item : items) list.push_back(std::move(item));
  return object;
}

}  // namespace mimar::experiment
