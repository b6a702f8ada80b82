#include "experiment/parse_spec.h"

#include <algorithm>

#include "experiment/parse_access.h"

namespace mimar::experiment {
namespace {

std::vector<std::string> texts_at(const Json& object, std::string_view path) {
  std::vector<std::string> texts;
  for (const Json& item : list_at(object, path)) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::map<std::string, std::string> text_map_at(const Json& object, std::string_view path) {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : map_at(object, path).items()) {
    if (value.is_string()) map.emplace(key, value.get<std::string>());
  }
  return map;
}

std::optional<int> int_at(const Json& object, std::string_view path) {
  const std::optional<std::int64_t> value = integer_at(object, path);
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<std::chrono::seconds> seconds_at(const Json& object, std::string_view path) {
  const std::optional<std::int64_t> value = integer_at(object, path);
  if (!value) return std::nullopt;
  return std::chrono::seconds(*value);
}

MetricStrategy read_strategy(const std::string& value) {
  if (value == "min") return MetricStrategy::kMin;
  return value == "max" ? MetricStrategy::kMax : MetricStrategy::kLatest;
}

/// The objective with its metrics; strategies were filled in for all of them.
class ObjectiveReader {
 public:
  explicit ObjectiveReader(const Json& objective) : objective_(objective) {
    for (const Json& strategy : list_at(objective, "metricStrategies")) {
      strategies_.emplace(text_at(strategy, "name"), read_strategy(text_at(strategy, "value")));
    }
  }

  void read(ExperimentSpec& spec) const {
    spec.objectives.push_back(
        read_objective(objective_, text_at(objective_, "objectiveMetricName")));
    for (const Json& further : list_at(objective_, "additionalObjectives")) {
      spec.objectives.push_back(read_objective(further, text_at(further, "metricName")));
    }
    for (const Json& constraint : list_at(objective_, "constraints")) {
      const std::string name = text_at(constraint, "metricName");
      spec.constraints.push_back({.metric_name = name,
                                  .min = number_at(constraint, "min"),
                                  .max = number_at(constraint, "max"),
                                  .strategy = strategy_of(name)});
    }
    for (const std::string& name : texts_at(objective_, "additionalMetricNames")) {
      spec.additional_metrics.push_back({.name = name, .strategy = strategy_of(name)});
    }
  }

 private:
  Objective read_objective(const Json& json, const std::string& name) const {
    const bool maximizes = text_at(json, "type") == "maximize";
    return {.metric_name = name,
            .direction = maximizes ? hpo::Direction::kMaximize : hpo::Direction::kMinimize,
            .strategy = strategy_of(name),
            .goal = number_at(json, "goal")};
  }

  MetricStrategy strategy_of(const std::string& metric) const {
    const auto found = strategies_.find(metric);
    return found == strategies_.end() ? MetricStrategy::kLatest : found->second;
  }

  const Json& objective_;
  std::map<std::string, MetricStrategy> strategies_;
};

Algorithm read_algorithm(const Json& json) {
  Algorithm algorithm{.name = text_at(json, "algorithmName"),
                      .settings = {},
                      .endpoint = text_at(json, "endpoint")};
  for (const Json& setting : list_at(json, "algorithmSettings")) {
    algorithm.settings.emplace(text_at(setting, "name"), text_at(setting, "value"));
  }
  return algorithm;
}

CollectorKind read_collector_kind(const std::string& kind) {
  static const std::map<std::string, CollectorKind, std::less<>> kKinds = {
      {"File", CollectorKind::kFile},
      {"TensorFlowEvent", CollectorKind::kTensorFlowEvent},
      {"PrometheusMetric", CollectorKind::kPrometheusMetric},
      {"Custom", CollectorKind::kCustom},
      {"Push", CollectorKind::kPush},
      {"None", CollectorKind::kNone}};
  const auto found = kKinds.find(kind);
  return found == kKinds.end() ? CollectorKind::kStdOut : found->second;
}

MetricsCollector read_collector(const Json& json) {
  MetricsCollector collector;
  collector.kind = read_collector_kind(text_at(json, "collector.kind"));
  const bool reads_path = collector.kind == CollectorKind::kFile ||
                          collector.kind == CollectorKind::kTensorFlowEvent ||
                          collector.kind == CollectorKind::kCustom;
  if (reads_path) collector.path = text_at(json, "source.fileSystemPath.path");
  collector.json = collector.kind == CollectorKind::kFile &&
                   text_at(json, "source.fileSystemPath.format") == "JSON";
  collector.filters = texts_at(json, "source.filter.metricsFormat");
  collector.source = map_at(json, "source");
  if (const Json* custom = find_path(json, "collector.customCollector")) {
    collector.source["customCollector"] = *custom;
  }
  return collector;
}

TrialTemplate read_template(const Json& json) {
  TrialTemplate result;
  if (const Json* job = find_member(json, "trialSpec")) result.trial_spec = *job;
  if (const Json* map = find_member(json, "configMap")) {
    result.config_map = {.name = text_at(*map, "configMapName"),
                         .name_space = text_at(*map, "configMapNamespace"),
                         .template_path = text_at(*map, "templatePath")};
  }
  for (const Json& entry : list_at(json, "trialParameters")) {
    TrialParameter parameter{.name = text_at(entry, "name"),
                             .description = text_at(entry, "description"),
                             .reference = text_at(entry, "reference"),
                             .value = std::nullopt};
    if (find_member(entry, "value") != nullptr) parameter.value = text_at(entry, "value");
    result.parameters.push_back(std::move(parameter));
  }
  result.primary_container_name = text_at(json, "primaryContainerName");
  result.primary_pod_labels = text_map_at(json, "primaryPodLabels");
  result.success_condition = text_at(json, "successCondition");
  result.failure_condition = text_at(json, "failureCondition");
  result.retain = flag_at(json, "retain", false);
  result.command_form =
      text_at(json, "commandForm") == "exec" ? CommandForm::kExec : CommandForm::kShell;
  return result;
}

LocalOptions read_local(const Json& json) {
  LocalOptions local;
  for (const auto& [name, image] : map_at(json, "images").items()) {
    local.images.emplace(name, LocalImage{.directory = text_at(image, "directory"),
                                          .command = texts_at(image, "command"),
                                          .environment = text_map_at(image, "environment")});
  }
  local.cpus = number_at(json, "cpus");
  local.memory = text_at(json, "memory");
  local.gpus = int_at(json, "gpus");
  return local;
}

ResumePolicy read_resume_policy(const std::string& policy) {
  if (policy == "LongRunning") return ResumePolicy::kLongRunning;
  if (policy == "FromVolume") return ResumePolicy::kFromVolume;
  return ResumePolicy::kNever;
}

/// What Mimar adds to Katib's spec.
void read_extensions(const Json& json, ExperimentSpec& spec) {
  if (const auto seed = integer_at(json, "seed")) spec.seed = static_cast<std::uint64_t>(*seed);
  for (const Json& point : list_at(json, "initialPoints")) {
    std::map<std::string, std::string> values;
    for (const auto& [name, value] : point.items()) values.emplace(name, value.get<std::string>());
    spec.initial_points.push_back(std::move(values));
  }
  for (const Json& source : list_at(json, "warmStart")) {
    spec.warm_start.push_back(text_at(source, "experiment"));
  }
  if (const Json* fidelity = find_member(json, "fidelity")) {
    spec.fidelity = Fidelity{.parameter = text_at(*fidelity, "parameter"),
                             .min = number_at(*fidelity, "min").value_or(1),
                             .max = number_at(*fidelity, "max").value_or(1),
                             .eta = number_at(*fidelity, "eta").value_or(3)};
  }
  if (const Json* controller = find_member(json, "controller")) {
    spec.controller = ControllerReuse{.reuse = text_at(*controller, "reuse"),
                                      .save = text_at(*controller, "save"),
                                      .freeze = flag_at(*controller, "freeze", false)};
  }
  if (const Json* retrain = find_member(json, "retrain")) {
    spec.retrain = Retrain{.top = int_at(*retrain, "top").value_or(1),
                           .parameters = text_map_at(*retrain, "parameters")};
  }
  spec.stall_timeout = seconds_at(json, "stallTimeoutSeconds");
  spec.trial_timeout = seconds_at(json, "trialTimeoutSeconds");
  spec.timeout = seconds_at(json, "timeoutSeconds");
  spec.local = read_local(map_at(json, "local"));
}

}  // namespace

ExperimentSpec read_spec(const Json& json, const SpaceDraft& draft) {
  ExperimentSpec spec;
  ObjectiveReader(map_at(json, "objective")).read(spec);
  spec.algorithm = read_algorithm(map_at(json, "algorithm"));
  if (const Json* stopping = find_member(json, "earlyStopping")) {
    spec.early_stopping = read_algorithm(*stopping);
  }
  spec.parallel_trial_count = int_at(json, "parallelTrialCount").value_or(3);
  spec.max_trial_count = int_at(json, "maxTrialCount");
  spec.max_failed_trial_count = int_at(json, "maxFailedTrialCount");
  spec.resume_policy = read_resume_policy(text_at(json, "resumePolicy"));
  for (const auto& parameter : draft.parameters) {
    if (parameter) spec.parameters.push_back(*parameter);
  }
  spec.graph = draft.graph;
  spec.metrics_collector = read_collector(map_at(json, "metricsCollectorSpec"));
  if (const Json* trial_template = find_member(json, "trialTemplate")) {
    spec.trial_template = read_template(*trial_template);
  }
  read_extensions(json, spec);
  return spec;
}

}  // namespace mimar::experiment
