// Rules on metadata, objective and counts.

#include <algorithm>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

constexpr std::size_t kLongestName = 40;  // Katib's: a trial's name adds 9 characters

/// What keeps a name from being a DNS label; empty when nothing does.
std::string_view fault_of_label(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_inner = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '-'; };
  if (!std::all_of(name.begin(), name.end(), is_inner)) return "may hold a-z, 0-9 and '-' only";
  if (!is_lower(name.front())) return "must begin with a letter";
  return name.back() == '-' ? "must not end with '-'" : "";
}

std::string random_suffix() {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";  // Kubernetes's
  std::random_device device;
  std::string suffix;
  for (int i = 0; i < 5; ++i) suffix += kAlphabet[device() % kAlphabet.size()];
  return suffix;
}

void check_name(const std::string& name, const std::string& path, ProblemReporter& report) {
  if (name.size() > kLongestName) {
    report.error(
        ProblemCode::kBadName, path,
        concat("the name has ", name.size(), " characters; at most ", kLongestName, " are allowed"),
        {.help = "trials add 9 characters to it, and Kubernetes allows 63 in all"});
  } else if (const std::string_view fault = fault_of_label(name); !fault.empty()) {
    report.error(ProblemCode::kBadName, path, concat("the name \"", name, "\" ", fault),
                 {.help = "a-z, 0-9 and '-'; a letter first, no '-' at the end"});
  }
}

/// Reports texts of a list that stand there twice or in `taken`.
void check_metric_list(const Json& list, std::string_view path, std::string_view member,
                       std::set<std::string>& taken, ProblemReporter& report) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string name = member.empty()
                                 ? (list[i].is_string() ? list[i].get<std::string>() : "")
                                 : text_at(list[i], member);
    if (name.empty() || taken.insert(name).second) continue;
    const std::string item = concat(path, '[', i, ']', member.empty() ? "" : ".", member);
    report.error(ProblemCode::kMetricNames, item, concat("metric \"", name, "\" is named twice"),
                 {.help = "the objective's own metrics are collected anyway; remove it here"});
  }
}

/// A goal that no trial within a constraint on the same metric can reach.
void check_goals(const Json& objective, const std::string& path, const std::string& metric,
                 const Json& constraint, ProblemReporter& report) {
  const auto goal = number_at(objective, "goal");
  if (!goal || metric.empty() || text_at(constraint, "metricName") != metric) return;
  const bool minimizes = text_at(objective, "type") == "minimize";
  const auto bound = number_at(constraint, minimizes ? "min" : "max");
  if (!bound || (minimizes ? *goal >= *bound : *goal <= *bound)) return;
  report.error(
      ProblemCode::kGoalOutOfReach, path + ".goal",
      concat("no trial can reach this goal: a constraint keeps \"", metric,
             minimizes ? "\" above it" : "\" below it"),
      {.label = concat(*goal, minimizes ? " < min " : " > max ", *bound),
       .help = "a goal is good enough to end the search; a constraint is what a trial must "
               "not leave"});
}

void check_goals(const Json& spec, const Json& constraint, ProblemReporter& report) {
  const Json& objective = map_at(spec, "objective");
  check_goals(objective, "spec.objective", text_at(objective, "objectiveMetricName"), constraint,
              report);
  const Json& further = list_at(objective, "additionalObjectives");
  for (std::size_t i = 0; i < further.size(); ++i) {
    check_goals(further[i], concat("spec.objective.additionalObjectives[", i, "]"),
                text_at(further[i], "metricName"), constraint, report);
  }
}

void check_constraints(const Json& spec, ProblemReporter& report) {
  const Json& constraints = list_at(spec, "objective.constraints");
  std::set<std::string> seen = {""};
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    const std::string path = concat("spec.objective.constraints[", i, "]");
    const std::string name = text_at(constraints[i], "metricName");
    if (!name.empty() && !seen.insert(name).second) {
      report.error(ProblemCode::kMetricNames, path + ".metricName",
                   concat("metric \"", name, "\" has two constraints"),
                   {.help = "write min and max of one metric into one constraint"});
    }
    check_goals(spec, constraints[i], report);
    const auto min = number_at(constraints[i], "min");
    const auto max = number_at(constraints[i], "max");
    if (!min && !max && constraints[i].is_object() && !report.has_error_at(path)) {
      report.error(ProblemCode::kConstraint, path, "a constraint needs min or max",
                   {.help = "add, for example: max: 20"});
    } else if (min && max && *min > *max) {
      report.error(ProblemCode::kMinNotBelowMax, path + ".max",
                   "max must not be smaller than min: no trial could meet this",
                   {.label = concat(*max, " < ", *min)});
    }
  }
}

void check_strategies(const Json& spec, ProblemReporter& report) {
  const std::vector<std::string> metrics = metric_names_of(spec);
  const std::set<std::string> known(metrics.begin(), metrics.end());
  const Json& strategies = list_at(spec, "objective.metricStrategies");
  std::set<std::string> seen;
  for (std::size_t i = 0; i < strategies.size(); ++i) {
    const std::string path = concat("spec.objective.metricStrategies[", i, "].name");
    const std::string name = text_at(strategies[i], "name");
    if (name.empty()) continue;
    if (!known.contains(name)) {
      report.error(ProblemCode::kMetricNames, path, concat("no metric \"", name, "\" is collected"),
                   {.label = suggest(name, metrics),
                    .help = "name it in additionalMetricNames, or remove the strategy"});
    } else if (!seen.insert(name).second) {
      report.error(ProblemCode::kMetricNames, path,
                   concat("metric \"", name, "\" has two strategies"));
    }
  }
}

/// `path` and name of every metric that is optimised or constrained.
std::vector<std::pair<std::string, std::string>> places_of_metrics(const Json& spec) {
  const std::string objective = "spec.objective.objectiveMetricName";
  std::vector<std::pair<std::string, std::string>> places = {
      {objective, text_at(spec, "objective.objectiveMetricName")}};
  for (const char* list : {"objective.additionalObjectives", "objective.constraints"}) {
    const Json& entries = list_at(spec, list);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      places.emplace_back(concat("spec.", list, '[', i, "].metricName"),
                          text_at(entries[i], "metricName"));
    }
  }
  return places;
}

void warn_of_parameters(const Json& spec, ProblemReporter& report) {
  std::set<std::string> parameters;
  for (const Json& parameter : list_at(spec, "parameters")) {
    parameters.insert(text_at(parameter, "name"));
  }
  for (const auto& [path, name] : places_of_metrics(spec)) {
    if (name.empty() || parameters.erase(name) == 0) continue;
    report.warn(ProblemCode::kMetricLikeParameter, path,
                concat("a parameter is called \"", name, "\" too"),
                {.help = "tables of trials will have two columns of that name; rename one"});
  }
}

std::string strategy_for(std::string_view type) { return type == "minimize" ? "min" : "max"; }

/// Katib's defaulter: every metric without a strategy gets the objective type's; further
/// objectives get their own type's.
void fill_strategies(Json& objective) {
  const std::string type = text_at(objective, "type");
  if (type.empty()) return;
  Json strategies = list_at(objective, "metricStrategies");
  std::set<std::string> known = {""};
  for (const Json& strategy : strategies) known.insert(text_at(strategy, "name"));
  const auto add = [&](const std::string& name, const std::string& value) {
    if (known.insert(name).second) strategies.push_back({{"name", name}, {"value", value}});
  };
  add(text_at(objective, "objectiveMetricName"), strategy_for(type));
  for (const Json& name : list_at(objective, "additionalMetricNames")) {
    if (name.is_string()) add(name.get<std::string>(), strategy_for(type));
  }
  for (const Json& further : list_at(objective, "additionalObjectives")) {
    add(text_at(further, "metricName"), strategy_for(text_at(further, "type")));
  }
  objective["metricStrategies"] = std::move(strategies);
}

}  // namespace

void validate_metadata(Json& object, ProblemReporter& report) {
  if (find_member(object, "metadata") == nullptr) return;
  Json& metadata = object["metadata"];
  const std::string name = text_at(metadata, "name");
  if (!name.empty()) {
    check_name(name, "metadata.name", report);
    return;
  }
  const std::string beginning = text_at(metadata, "generateName");
  if (!beginning.empty()) {
    const std::string generated = beginning + random_suffix();
    check_name(generated, "metadata.generateName", report);
    metadata.erase("generateName");
    metadata["name"] = generated;
  } else if (!report.has_error_at("metadata.name")) {
    report.error(ProblemCode::kMissingField, "metadata.name", "required field \"name\" is missing",
                 {.help = "add: name: my-experiment", .at_key = true});
  }
}

void validate_objective(Json& spec, ProblemReporter& report) {
  if (find_member(spec, "objective") == nullptr) return;
  std::set<std::string> taken = {text_at(spec, "objective.objectiveMetricName")};
  check_metric_list(list_at(spec, "objective.additionalObjectives"),
                    "spec.objective.additionalObjectives", "metricName", taken, report);
  check_metric_list(list_at(spec, "objective.additionalMetricNames"),
                    "spec.objective.additionalMetricNames", "", taken, report);
  check_constraints(spec, report);
  check_strategies(spec, report);
  warn_of_parameters(spec, report);
  fill_strategies(spec["objective"]);
}

void validate_counts(Json& spec, ProblemReporter& report) {
  const auto max = integer_at(spec, "maxTrialCount");
  const auto failed = integer_at(spec, "maxFailedTrialCount");
  const auto parallel = integer_at(spec, "parallelTrialCount");
  if (max && failed && *failed > *max) {
    report.error(ProblemCode::kTrialCounts, "spec.maxFailedTrialCount",
                 "maxFailedTrialCount must not exceed maxTrialCount",
                 {.label = concat(*failed, " > ", *max)});
  }
  if (max && parallel && *parallel > *max) {
    report.error(ProblemCode::kTrialCounts, "spec.parallelTrialCount",
                 "parallelTrialCount must not exceed maxTrialCount",
                 {.label = concat(*parallel, " > ", *max)});
  }
  if (!parallel && !report.is_written("spec.parallelTrialCount") && spec.is_object()) {
    // Katib's default is 3 and clashes with a maxTrialCount of 1 or 2 that says nothing of it.
    spec["parallelTrialCount"] = std::min<std::int64_t>(3, max.value_or(3));
  }
}

std::vector<std::string> metric_names_of(const Json& spec) {
  std::vector<std::string> names;
  std::set<std::string> seen = {""};
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  add(text_at(spec, "objective.objectiveMetricName"));
  for (const char* list : {"objective.additionalObjectives", "objective.constraints"}) {
    for (const Json& entry : list_at(spec, list)) add(text_at(entry, "metricName"));
  }
  for (const Json& name : list_at(spec, "objective.additionalMetricNames")) {
    if (name.is_string()) add(name.get<std::string>());
  }
  return names;
}

}  // namespace mimar::experiment
