#include "experiment/object_parts.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "experiment/trial_job.h"
#include "space/graph_space.h"

namespace mimar::experiment {

namespace {

constexpr const char* kExperimentLabel = "katib.kubeflow.org/experiment";
constexpr const char* kRetrainLabel = "mimar/retrain-of";

/// What Katib says of a trial's end; the runner's own words come behind.
std::string ending_message(const Trial& trial) {
  const auto with_detail = [&trial](std::string text) {
    return trial.message.empty() ? text : concat(text, ". Job message: ", trial.message);
  };
  switch (trial.phase) {
    case TrialPhase::kSucceeded:
      return "Trial has succeeded";
    case TrialPhase::kFailed:
      return with_detail("Trial has failed");
    case TrialPhase::kMetricsUnavailable:
      return with_detail("Metrics are not available");
    case TrialPhase::kEarlyStopped:
      return "Trial is early stopped";
    case TrialPhase::kKilled:
      return with_detail("Trial is killed");
    case TrialPhase::kCreated:
    case TrialPhase::kRunning:
      break;
  }
  fail(ErrorCode::kInternal, "the trial has not ended: ", trial.name);
}

Json trial_conditions(const Trial& trial) {
  Conditions conditions;
  conditions.add("Created", {"TrialCreated", "Trial is created"}, trial.created_at);
  const TimePoint end = trial.finished_at.value_or(trial.created_at);
  if (trial.started_at) {
    const bool runs = trial.phase == TrialPhase::kRunning;
    conditions.add("Running", {"TrialRunning", "Trial is running", runs},
                   runs ? *trial.started_at : end);
  }
  if (is_final(trial.phase)) {
    conditions.add(std::string(to_string(trial.phase)), {trial.reason, ending_message(trial)}, end);
  }
  return conditions.take();
}

}  // namespace

std::string to_katib_time(TimePoint time) {
  return to_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

void Conditions::add(const std::string& type, const ConditionText& text, TimePoint since) {
  Json condition = Json::object();
  condition["type"] = type;
  condition["status"] = text.holds ? "True" : "False";
  condition["reason"] = text.reason;
  condition["message"] = text.message;
  condition["lastUpdateTime"] = to_katib_time(since);
  condition["lastTransitionTime"] = to_katib_time(since);
  conditions_.push_back(std::move(condition));
}

ObjectWriter::ObjectWriter(const StoredExperiment& stored)
    : stored_(stored), metric_names_(stored.experiment.spec.metric_names()) {
  const ExperimentSpec& spec = stored.experiment.spec;
  const space::SearchSpace space = search_space(spec);
  for (const space::Parameter& parameter : space.parameters()) {
    parameter_names_.push_back(parameter.name);
  }
}

std::map<std::string, std::string> ObjectWriter::experiment_labels() const {
  return stored_.experiment.labels;
}

Json ObjectWriter::owner() const {
  Json owner = Json::object();
  owner["apiVersion"] = "kubeflow.org/v1beta1";
  owner["kind"] = "Experiment";
  owner["name"] = stored_.experiment.name;
  owner["uid"] = stored_.experiment.uid;
  owner["controller"] = true;
  owner["blockOwnerDeletion"] = true;
  return Json::array({owner});
}

Json ObjectWriter::experiment_metadata() const {
  Json metadata = Json::object();
  metadata["name"] = stored_.experiment.name;
  metadata["namespace"] = stored_.experiment.name_space;
  metadata["uid"] = stored_.experiment.uid;
  metadata["creationTimestamp"] = to_katib_time(stored_.state.created_at);
  const Json written = stored_.experiment.object.value("metadata", Json::object());
  for (const auto& [key, value] : written.items()) {
    if (!metadata.contains(key)) metadata[key] = value;
  }
  return metadata;
}

Json ObjectWriter::suggestion_metadata() const {
  Json metadata = Json::object();
  metadata["name"] = stored_.experiment.name;
  metadata["namespace"] = stored_.experiment.name_space;
  metadata["creationTimestamp"] = to_katib_time(stored_.state.created_at);
  if (!experiment_labels().empty()) metadata["labels"] = experiment_labels();
  metadata["ownerReferences"] = owner();
  return metadata;
}

Json ObjectWriter::trial_metadata(const Trial& trial) const {
  Json metadata = Json::object();
  metadata["name"] = trial.name;
  metadata["namespace"] = stored_.experiment.name_space;
  metadata["creationTimestamp"] = to_katib_time(trial.created_at);
  Json& labels = metadata["labels"] = experiment_labels();
  labels[kExperimentLabel] = stored_.experiment.name;
  for (const auto& [name, value] : trial.proposal.labels) labels[name] = value;
  if (trial.retrain_of) {
    labels[kRetrainLabel] =
        trial_name(stored_.experiment.name, stored_.experiment.uid, *trial.retrain_of);
  }
  metadata["ownerReferences"] = owner();
  return metadata;
}

Json ObjectWriter::trial_spec(const Trial& trial) const {
  const Experiment& experiment = stored_.experiment;
  const Json written = experiment.object.value("spec", Json::object());
  Json spec = Json::object();
  if (written.contains("objective")) spec["objective"] = written.at("objective");
  spec["parameterAssignments"] = assignments(trial);
  if (!experiment.spec.trial_template) return spec;

  const TrialTemplate& source = *experiment.spec.trial_template;
  const bool is_final_training =
      trial.purpose == TrialPurpose::kRetrain && experiment.spec.retrain.has_value();
  if (source.trial_spec.is_object()) {
    spec["runSpec"] =
        (is_final_training ? render(experiment, trial, experiment.spec.retrain->parameters)
                           : render(experiment, trial))
            .object;
  }
  if (source.retain) spec["retainRun"] = true;
  if (written.contains("metricsCollectorSpec")) {
    spec["metricsCollector"] = written.at("metricsCollectorSpec");
  }
  if (!source.primary_pod_labels.empty()) spec["primaryPodLabels"] = source.primary_pod_labels;
  spec["primaryContainerName"] = source.primary_container_name;
  if (!source.success_condition.empty()) spec["successCondition"] = source.success_condition;
  if (!source.failure_condition.empty()) spec["failureCondition"] = source.failure_condition;
  return spec;
}

Json ObjectWriter::trial(const Trial& trial) const {
  Json object = Json::object();
  object["apiVersion"] = "kubeflow.org/v1beta1";
  object["kind"] = "Trial";
  object["metadata"] = trial_metadata(trial);
  object["spec"] = trial_spec(trial);
  Json& status = object["status"] = Json::object();
  status["startTime"] = to_katib_time(trial.started_at.value_or(trial.created_at));
  if (trial.finished_at) status["completionTime"] = to_katib_time(*trial.finished_at);
  status["conditions"] = trial_conditions(trial);
  if (Json list = metrics(trial); !list.empty()) status["observation"] = {{"metrics", list}};
  return object;
}

Json ObjectWriter::assignments(const Trial& trial) const {
  Json list = Json::array();
  for (const std::string& name : parameter_names_) {
    const auto found = trial.proposal.assignment.find(name);
    if (found == trial.proposal.assignment.end()) continue;
    list.push_back({{"name", name}, {"value", space::to_text(found->second)}});
  }
  return list;
}

Json ObjectWriter::metrics(const Trial& trial) const {
  const auto place = [this](const std::string& name) {
    return std::find(metric_names_.begin(), metric_names_.end(), name) - metric_names_.begin();
  };
  std::vector<MetricSummary> ordered = trial.metrics;
  if (trial.phase == TrialPhase::kMetricsUnavailable &&
      std::none_of(ordered.begin(), ordered.end(),
                   [this](const auto& metric) { return metric.name == metric_names_.at(0); })) {
    ordered.push_back({metric_names_.at(0), "unavailable", "unavailable", "unavailable"});
  }
  std::stable_sort(ordered.begin(), ordered.end(), [&place](const auto& a, const auto& b) {
    return place(a.name) < place(b.name);
  });
  Json list = Json::array();
  for (const MetricSummary& metric : ordered) {
    list.push_back({{"name", metric.name},
                    {"min", metric.min},
                    {"max", metric.max},
                    {"latest", metric.latest}});
  }
  return list;
}

}  // namespace mimar::experiment
