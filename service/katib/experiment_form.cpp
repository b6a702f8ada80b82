#include "service/katib/experiment_form.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "experiment/parse.h"
#include "experiment/parse_access.h"
#include "hpo/sampler.h"

namespace mimar::service {
namespace {

using experiment::DocumentProblem;
using experiment::find_member;
using experiment::integer_at;
using experiment::list_at;
using experiment::map_at;
using experiment::text_at;

const char* to_text(katib::ParameterType type) {
  switch (type) {
    case katib::DOUBLE:
      return "double";
    case katib::INT:
      return "int";
    case katib::DISCRETE:
      return "discrete";
    case katib::CATEGORICAL:
      return "categorical";
    default:
      return "unknown";
  }
}

const char* to_text(katib::Distribution distribution) {
  switch (distribution) {
    case katib::UNIFORM:
      return "uniform";
    case katib::LOG_UNIFORM:
      return "logUniform";
    case katib::NORMAL:
      return "normal";
    case katib::LOG_NORMAL:
      return "logNormal";
    default:
      return "";
  }
}

void put(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

Json to_object(const katib::ParameterSpec& parameter) {
  const katib::FeasibleSpace& feasible = parameter.feasible_space();
  Json space = Json::object();
  put(space, "min", feasible.min());
  put(space, "max", feasible.max());
  put(space, "step", feasible.step());
  put(space, "distribution", to_text(feasible.distribution()));
  for (const std::string& value : feasible.list()) space["list"].push_back(value);
  return {{"name", parameter.name()},
          {"parameterType", to_text(parameter.parameter_type())},
          {"feasibleSpace", std::move(space)}};
}

Json to_object(const katib::NasConfig& nas) {
  Json graph = Json::object();
  graph["numLayers"] = nas.graph_config().num_layers();
  for (const int size : nas.graph_config().input_sizes()) graph["inputSizes"].push_back(size);
  for (const int size : nas.graph_config().output_sizes()) graph["outputSizes"].push_back(size);
  Json operations = Json::array();
  for (const katib::Operation& operation : nas.operations().operation()) {
    Json parameters = Json::array();
    for (const katib::ParameterSpec& parameter : operation.parameter_specs().parameters()) {
      parameters.push_back(to_object(parameter));
    }
    operations.push_back(
        {{"operationType", operation.operation_type()}, {"parameters", std::move(parameters)}});
  }
  return {{"graphConfig", std::move(graph)}, {"operations", std::move(operations)}};
}

Json to_object(const katib::ObjectiveSpec& objective) {
  Json object = Json::object();
  if (objective.type() == katib::MINIMIZE) object["type"] = "minimize";
  if (objective.type() == katib::MAXIMIZE) object["type"] = "maximize";
  // Without presence 0 may mean "none"; proposals do not depend on it.
  if (objective.goal() != 0.0) object["goal"] = objective.goal();
  put(object, "objectiveMetricName", objective.objective_metric_name());
  for (const std::string& name : objective.additional_metric_names()) {
    object["additionalMetricNames"].push_back(name);
  }
  return object;
}

/// What needs no space, first: Katib's services say it of the settings before they look further.
void check_algorithm(const katib::AlgorithmSpec& algorithm) {
  const std::vector<std::string> names = hpo::algorithm_names();
  require(std::find(names.begin(), names.end(), algorithm.algorithm_name()) != names.end(),
          "unknown algorithm name ", algorithm.algorithm_name());
  const std::vector<hpo::SettingProblem> problems = hpo::validate_settings(
      algorithm.algorithm_name(), to_settings(algorithm.algorithm_settings()));
  if (!problems.empty()) fail(ErrorCode::kInvalidArgument, problems.front().message);
}

/// A problem of the algorithm speaks for itself, in Katib's words; others need their place.
std::string describe(const DocumentProblem& problem) {
  if (problem.path.starts_with("spec.algorithm")) return problem.message;
  return concat(problem.path, ": ", problem.message);
}

katib::ParameterType type_of(const std::string& text) {
  for (const auto type : {katib::DOUBLE, katib::INT, katib::DISCRETE, katib::CATEGORICAL}) {
    if (text == to_text(type)) return type;
  }
  return katib::UNKNOWN_TYPE;
}

katib::Distribution distribution_of(const std::string& text) {
  for (const auto one : {katib::UNIFORM, katib::LOG_UNIFORM, katib::NORMAL, katib::LOG_NORMAL}) {
    if (text == to_text(one)) return one;
  }
  return katib::DISTRIBUTION_UNSPECIFIED;
}

katib::ParameterSpec to_parameter(const Json& object) {
  katib::ParameterSpec parameter;
  parameter.set_name(text_at(object, "name"));
  require(find_member(object, "when") == nullptr, "spec.parameters: ", parameter.name(),
          " has conditions, which Katib's contract has no word for; remove `when`, or "
          "spec.algorithm.endpoint");
  parameter.set_parameter_type(type_of(text_at(object, "parameterType")));
  const Json& space = map_at(object, "feasibleSpace");
  katib::FeasibleSpace& feasible = *parameter.mutable_feasible_space();
  feasible.set_min(text_at(space, "min"));
  feasible.set_max(text_at(space, "max"));
  feasible.set_step(text_at(space, "step"));
  feasible.set_distribution(distribution_of(text_at(space, "distribution")));
  for (const Json& value : list_at(space, "list")) feasible.add_list(value.get<std::string>());
  return parameter;
}

katib::NasConfig to_nas_config(const Json& object) {
  require(find_member(object, "graphConfig") != nullptr,
          "spec.nasConfig: Katib's contract knows graphConfig with operations alone; use it, or "
          "remove spec.algorithm.endpoint");
  katib::NasConfig nas;
  const Json& graph = map_at(object, "graphConfig");
  nas.mutable_graph_config()->set_num_layers(
      static_cast<int>(integer_at(graph, "numLayers").value_or(0)));
  for (const Json& size : list_at(graph, "inputSizes")) {
    nas.mutable_graph_config()->add_input_sizes(size.get<int>());
  }
  for (const Json& size : list_at(graph, "outputSizes")) {
    nas.mutable_graph_config()->add_output_sizes(size.get<int>());
  }
  for (const Json& written : list_at(object, "operations")) {
    katib::Operation& operation = *nas.mutable_operations()->add_operation();
    operation.set_operation_type(text_at(written, "operationType"));
    for (const Json& parameter : list_at(written, "parameters")) {
      *operation.mutable_parameter_specs()->add_parameters() = to_parameter(parameter);
    }
  }
  return nas;
}

}  // namespace

katib::Experiment to_message(const experiment::Experiment& experiment) {
  const experiment::ExperimentSpec& spec = experiment.spec;
  require(
      spec.objectives.size() == 1,
      "spec.objective.additionalObjectives: Katib's contract has one objective; remove them, or "
      "spec.algorithm.endpoint");
  const experiment::Objective& objective = spec.objectives.front();
  katib::Experiment message;
  message.set_name(experiment.name);
  katib::ExperimentSpec& out = *message.mutable_spec();
  out.mutable_objective()->set_type(
      objective.direction == hpo::Direction::kMaximize ? katib::MAXIMIZE : katib::MINIMIZE);
  out.mutable_objective()->set_objective_metric_name(objective.metric_name);
  if (objective.goal) out.mutable_objective()->set_goal(*objective.goal);
  for (const experiment::AdditionalMetric& metric : spec.additional_metrics) {
    out.mutable_objective()->add_additional_metric_names(metric.name);
  }
  out.mutable_algorithm()->set_algorithm_name(spec.algorithm.name);
  for (const auto& [name, value] : spec.algorithm.settings) {
    katib::AlgorithmSetting& setting = *out.mutable_algorithm()->add_algorithm_settings();
    setting.set_name(name);
    setting.set_value(value);
  }
  out.set_parallel_trial_count(spec.parallel_trial_count);
  out.set_max_trial_count(spec.max_trial_count.value_or(0));
  const Json& written = map_at(experiment.object, "spec");
  for (const Json& parameter : list_at(written, "parameters")) {
    *out.mutable_parameter_specs()->add_parameters() = to_parameter(parameter);
  }
  if (find_member(written, "nasConfig") != nullptr) {
    *out.mutable_nas_config() = to_nas_config(map_at(written, "nasConfig"));
  }
  return message;
}

Json to_object(const katib::Experiment& message) {
  const katib::ExperimentSpec& spec = message.spec();
  Json object = {{"apiVersion", "kubeflow.org/v1beta1"},
                 {"kind", "Experiment"},
                 {"metadata", {{"name", message.name()}}}};
  Json& out = object["spec"];
  out["objective"] = to_object(spec.objective());
  out["algorithm"]["algorithmName"] = spec.algorithm().algorithm_name();
  for (const auto& [name, value] : to_settings(spec.algorithm().algorithm_settings())) {
    out["algorithm"]["algorithmSettings"].push_back({{"name", name}, {"value", value}});
  }
  // Katib's services do not hold one of them against the other.
  const int most = spec.max_trial_count();
  const int parallel = spec.parallel_trial_count();
  if (parallel > 0) out["parallelTrialCount"] = most > 0 ? std::min(parallel, most) : parallel;
  if (most > 0) out["maxTrialCount"] = most;
  for (const katib::ParameterSpec& parameter : spec.parameter_specs().parameters()) {
    out["parameters"].push_back(to_object(parameter));
  }
  if (spec.has_nas_config()) out["nasConfig"] = to_object(spec.nas_config());
  return object;
}

experiment::Experiment read_experiment(const katib::Experiment& message) {
  check_algorithm(message.spec().algorithm());
  experiment::ParseResult parsed = experiment::parse_experiment_object(to_object(message));
  for (const DocumentProblem& problem : parsed.problems) {
    if (problem.severity == DocumentProblem::Severity::kError) {
      fail(ErrorCode::kInvalidArgument, describe(problem));
    }
  }
  check(parsed.experiments.size() == 1, "an object without errors is an experiment");
  experiment::Experiment experiment = std::move(parsed.experiments.front());
  experiment.uid = experiment.name;
  return experiment;
}

}  // namespace mimar::service
