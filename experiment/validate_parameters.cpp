// Rules on parameters and their feasible spaces.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

/// One ParameterSpec while it is read.
struct ParameterReader {
  const Json& space;
  const std::string path;  // of feasibleSpace
  const std::string type;
  ProblemReporter& report;

  bool is_sound() const { return !report.has_error_at(path); }

  /// A number; reports its absence when it is required.
  std::optional<double> read_number(const char* member, bool required) const {
    const std::string text = text_at(space, member);
    const std::string at = concat(path, '.', member);
    if (find_member(space, member) == nullptr) {
      if (required && !report.is_written(at)) {
        report.error(ProblemCode::kFeasibleSpaceField, at,
                     concat("a parameter of type ", type, " needs ", member), {.at_key = true});
      }
      return std::nullopt;
    }
    const std::optional<double> value = find_double(text);
    if (!value || !std::isfinite(*value)) {
      report.error(ProblemCode::kNotANumber, at, concat("\"", text, "\" is no finite number"));
      return std::nullopt;
    }
    if (type == "int" && !find_integer(text)) {
      report.error(ProblemCode::kNotANumber, at, concat("\"", text, "\" is no whole number"),
                   {.help = "use parameterType: double for real numbers"});
      return std::nullopt;
    }
    return value;
  }

  void refuse(const char* member) const {
    if (find_member(space, member) == nullptr) return;
    const bool takes_list = type == "discrete" || type == "categorical";
    report.error(ProblemCode::kFeasibleSpaceField, concat(path, '.', member),
                 concat("a parameter of type ", type, " takes no ", member),
                 {.help = concat("remove ", member,
                                 takes_list ? ", or use parameterType: double or int for a range"
                                            : ", or use parameterType: discrete for a list"),
                  .at_key = true});
  }

  space::Distribution distribution() const {
    const std::string name = text_at(space, "distribution");
    if (name == "logUniform") return space::Distribution::kLogUniform;
    if (name == "normal") return space::Distribution::kNormal;
    if (name == "logNormal") return space::Distribution::kLogNormal;
    return space::Distribution::kUniform;
  }

  void check_range(double min, double max, std::optional<double> step) const {
    if (min > max) {
      report.error(ProblemCode::kMinNotBelowMax, path + ".max",
                   "feasibleSpace.max must not be smaller than min",
                   {.label = concat(text_at(space, "max"), " < ", text_at(space, "min")),
                    .help = "swap the two, or see `mimar explain "
                            "experiment.spec.parameters.feasibleSpace`"});
      return;
    }
    const std::string name = text_at(space, "distribution");
    if ((name == "logUniform" || name == "logNormal") && !(min > 0)) {
      report.error(ProblemCode::kLogNeedsPositive, path + ".min", concat(name, " needs min > 0"),
                   {.label = concat(text_at(space, "min"))});
    }
    if (!step) return;
    if (!(*step > 0)) {
      report.error(ProblemCode::kStep, path + ".step", "step must be greater than 0");
    } else if (*step > max - min && min < max) {
      report.error(ProblemCode::kStep, path + ".step",
                   "step must not be larger than max - min: only min could be chosen",
                   {.label = concat(text_at(space, "step"), " > ", text_at(space, "max"), " - ",
                                    text_at(space, "min"))});
    }
  }

  std::optional<space::Domain> read_range() const {
    refuse("list");
    const auto min = read_number("min", true);
    const auto max = read_number("max", true);
    const auto step = read_number("step", false);
    if (!min || !max || !is_sound()) return std::nullopt;
    check_range(*min, *max, step);
    if (!is_sound()) return std::nullopt;
    if (type == "double") return space::RealDomain{*min, *max, distribution(), step};
    const auto whole = [&](const char* member) { return *find_integer(text_at(space, member)); };
    return space::IntegerDomain{whole("min"), whole("max"), distribution(),
                                step ? whole("step") : 1};
  }

  std::optional<space::Domain> read_list() const {
    for (const char* member : {"min", "max", "step"}) refuse(member);
    if (find_member(space, "list") == nullptr) {
      if (!report.is_written(path + ".list")) {
        report.error(ProblemCode::kFeasibleSpaceField, path + ".list",
                     concat("a parameter of type ", type, " needs list"), {.at_key = true});
      }
      return std::nullopt;
    }
    const std::string spread = text_at(space, "distribution");
    if (spread != "uniform" && spread != "unknown" && report.is_written(path + ".distribution")) {
      report.warn(ProblemCode::kFieldIgnored, path + ".distribution",
                  concat("a parameter of type ", type, " has no distribution"), {.at_key = true});
    }
    std::vector<std::string> values;
    std::map<std::string, std::size_t> first;
    const Json& list = list_at(space, "list");
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!list[i].is_string()) continue;
      values.push_back(list[i].get<std::string>());
      const auto [earlier, is_new] = first.try_emplace(values.back(), i);
      if (is_new) continue;
      report.error(ProblemCode::kDuplicateValue, concat(path, ".list[", i, "]"),
                   concat("the list holds \"", values.back(), "\" twice"),
                   {.label = concat("also at position ", earlier->second + 1)});
    }
    if (!is_sound()) return std::nullopt;
    if (type == "discrete") return space::OrdinalDomain{std::move(values)};
    return space::CategoricalDomain{std::move(values)};
  }
};

bool is_reserved(const std::string& name, bool has_graph) {
  for (const char* prefix : {"chain.", "cell.", "macro."}) {
    if (name.starts_with(prefix)) return true;
  }
  return has_graph && (name == "network" || name == "architecture" || name == "nn_config");
}

void check_names(const Json& spec, ProblemReporter& report) {
  const bool has_graph = report.is_written("spec.nasConfig");
  std::map<std::string, std::size_t> first;
  const Json& parameters = list_at(spec, "parameters");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = text_at(parameters[i], "name");
    if (name.empty()) continue;
    const std::string path = concat("spec.parameters[", i, "].name");
    if (is_reserved(name, has_graph)) {
      report.error(ProblemCode::kReservedName, path,
                   concat("the name \"", name, "\" belongs to the architecture"),
                   {.help = "choose another name"});
    }
    const auto [earlier, is_new] = first.try_emplace(name, i);
    if (!is_new) {
      report.error(ProblemCode::kDuplicateName, path,
                   concat("two parameters are called \"", name, "\""),
                   {.label = concat("also spec.parameters[", earlier->second, "]")});
    }
  }
}

/// The type; of `unknown`, which Katib's webhook accepts and none of its algorithms can draw from,
/// the one that the values suggest.
std::string read_type(const Json& parameter, const Json& space, const std::string& path,
                      ProblemReporter& report) {
  const std::string type = text_at(parameter, "parameterType");
  if (type != "unknown") return type;
  const std::string meant = find_member(space, "list") != nullptr ? "categorical" : "double";
  report.warn(ProblemCode::kUnknownType, path + ".parameterType",
              concat("a parameter of type unknown is read as ", meant),
              {.help = concat("write parameterType: ", meant,
                              ", or another: Katib accepts the file, but then cannot run it")});
  return meant;
}

}  // namespace

std::optional<space::Parameter> read_parameter(const Json& parameter, const std::string& path,
                                               ProblemReporter& report) {
  const std::string name = text_at(parameter, "name");
  const Json* space = find_member(parameter, "feasibleSpace");
  if (text_at(parameter, "parameterType").empty() || space == nullptr) return std::nullopt;
  const std::string type = read_type(parameter, *space, path, report);
  const ParameterReader reader{*space, path + ".feasibleSpace", type, report};
  const bool is_range = type == "double" || type == "int";
  const std::optional<space::Domain> domain = is_range ? reader.read_range() : reader.read_list();
  if (!domain) return std::nullopt;
  const std::vector<std::string> faults = space::problems(*domain);
  for (const std::string& fault : faults) {
    report.error(ProblemCode::kFeasibleSpaceField, reader.path, fault, {.at_key = true});
  }
  if (!faults.empty() || name.empty()) return std::nullopt;
  return space::Parameter{.name = name, .domain = *domain, .when = {}, .above = {}};
}

const space::Parameter* SpaceDraft::find(std::string_view name) const {
  for (const space::Parameter& decision : decisions) {
    if (decision.name == name) return &decision;
  }
  for (const std::optional<space::Parameter>& parameter : parameters) {
    if (parameter && parameter->name == name) return &*parameter;
  }
  return nullptr;
}

std::vector<std::string> SpaceDraft::names() const {
  std::vector<std::string> names;
  for (const auto& parameter : parameters) {
    if (parameter) names.push_back(parameter->name);
  }
  for (const space::Parameter& decision : decisions) names.push_back(decision.name);
  return names;
}

SpaceDraft validate_space(const Json& spec, ProblemReporter& report) {
  SpaceDraft draft;
  const Json& parameters = list_at(spec, "parameters");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    draft.parameters.push_back(
        read_parameter(parameters[i], concat("spec.parameters[", i, "]"), report));
  }
  draft.graph = read_graph_space(spec, report);
  if (parameters.empty() && find_member(spec, "nasConfig") == nullptr &&
      !report.has_error_at("spec.parameters") && !report.has_error_at("spec.nasConfig")) {
    report.error(ProblemCode::kNothingToSearch, "spec",
                 "spec.parameters or spec.nasConfig must be specified", {.at_key = true});
    return draft;
  }
  if (draft.graph) {
    try {
      draft.decisions = space::expand(*draft.graph);
    } catch (const Error& error) {
      report.error(ProblemCode::kNasConfig, "spec.nasConfig", error.what(), {.at_key = true});
    }
  }
  check_names(spec, report);
  read_conditions(spec, draft, report);
  if (report.has_error_at("spec.parameters") || report.has_error_at("spec.nasConfig")) return draft;
  try {
    std::vector<space::Parameter> all;
    const bool decides = !hpo::searches_in_one_trial(text_at(spec, "algorithm.algorithmName"));
    if (decides) all = draft.decisions;
    for (const auto& parameter : draft.parameters) {
      if (parameter) all.push_back(*parameter);
    }
    draft.space.emplace(std::move(all));
  } catch (const Error& error) {
    report.error(ProblemCode::kCondition, "spec.parameters", error.what(), {.at_key = true});
  }
  return draft;
}

}  // namespace mimar::experiment
