// Rules on what Mimar adds: initialPoints, fidelity, retrain, warmStart, local.

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/quantity.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

/// Trial parameters with a value, and those with a reference, which nothing may replace.
struct TrialParameterNames {
  std::vector<std::string> constants;
  std::map<std::string, std::string> references;  // name -> what it refers to
};

TrialParameterNames trial_parameter_names(const Json& spec) {
  TrialParameterNames names;
  for (const Json& parameter : list_at(spec, "trialTemplate.trialParameters")) {
    const std::string name = text_at(parameter, "name");
    if (find_member(parameter, "value") != nullptr) {
      names.constants.push_back(name);
    } else {
      names.references.emplace(name, text_at(parameter, "reference"));
    }
  }
  return names;
}

void check_constant(const std::string& name, const std::string& path, bool at_key,
                    const TrialParameterNames& names, ProblemReporter& report) {
  const std::vector<std::string>& constants = names.constants;
  if (std::find(constants.begin(), constants.end(), name) != constants.end()) return;
  const std::string choice =
      constants.empty() ? "" : concat("; constants here: ", join_names(constants));
  const auto reference = names.references.find(name);
  if (reference == names.references.end()) {
    report.error(ProblemCode::kNoSuchConstant, path,
                 concat("no trial parameter with a value is called \"", name, "\""),
                 {.label = suggest(name, constants),
                  .help = concat("add to trialParameters: {name: ", name, ", value: ...}", choice),
                  .at_key = at_key});
    return;
  }
  const bool is_metadata = reference->second.starts_with("${");
  report.error(
      ProblemCode::kNoSuchConstant, path,
      concat("\"", name, "\" is ",
             is_metadata ? concat("the trial's ", reference->second) : "searched",
             ": only constants can be replaced"),
      {.help = concat("give it a value instead of its reference", choice), .at_key = at_key});
}

void check_initial_points(const Json& spec, const SpaceDraft& draft, ProblemReporter& report) {
  const Json& points = list_at(spec, "initialPoints");
  const bool is_space_known = draft.space.has_value();
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!points[i].is_object()) continue;
    for (const auto& [name, value] : points[i].items()) {
      const std::string path = concat("spec.initialPoints[", i, "].", name);
      const space::Parameter* parameter = draft.find(name);
      if (parameter == nullptr) {
        if (!is_space_known) continue;
        report.error(ProblemCode::kInitialPoint, path,
                     concat("no parameter is called \"", name, "\""),
                     {.label = suggest(name, draft.names()), .at_key = true});
      } else if (value.is_string()) {
        try {
          space::parse_value(parameter->domain, value.get<std::string>());
        } catch (const Error& error) {
          report.error(ProblemCode::kInitialPoint, path,
                       concat("\"", name, "\" can never be \"", value.get<std::string>(), "\""),
                       {.help = error.what()});
        }
      }
    }
  }
}

void check_fidelity(const Json& spec, const TrialParameterNames& names, ProblemReporter& report) {
  const Json& fidelity = map_at(spec, "fidelity");
  if (fidelity.empty()) return;
  const std::string parameter = text_at(fidelity, "parameter");
  if (!parameter.empty()) {
    check_constant(parameter, "spec.fidelity.parameter", false, names, report);
  }
  const auto min = number_at(fidelity, "min");
  const auto max = number_at(fidelity, "max");
  if (min && max && *min > *max) {
    report.error(ProblemCode::kMinNotBelowMax, "spec.fidelity.max",
                 "fidelity.max must not be smaller than min", {.label = concat(*max, " < ", *min)});
  }
  const std::string algorithm = text_at(spec, "algorithm.algorithmName");
  constexpr std::array<std::string_view, 3> kUsers = {"hyperband", "asha", "bohb"};
  if (std::find(kUsers.begin(), kUsers.end(), algorithm) == kUsers.end()) {
    report.warn(ProblemCode::kFieldIgnored, "spec.fidelity",
                concat("the algorithm \"", algorithm, "\" gives every trial the same budget"),
                {.help = "fidelity is for hyperband, asha and bohb", .at_key = true});
  }
}

void check_warm_start(const Json& object, ProblemReporter& report) {
  const Json& sources = list_at(object, "spec.warmStart");
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string name = text_at(sources[i], "experiment");
    if (!name.empty() && name == text_at(object, "metadata.name")) {
      report.error(ProblemCode::kWarmStart, concat("spec.warmStart[", i, "].experiment"),
                   "an experiment cannot warm-start itself");
    }
  }
  if (!sources.empty()) {
    report.warn(ProblemCode::kFieldIgnored, "spec.warmStart",
                "warm start is not in this build yet: the experiment starts from nothing",
                {.at_key = true});
  }
}

void check_local(const Json& spec, ProblemReporter& report) {
  const std::string memory = text_at(spec, "local.memory");
  if (!memory.empty() && !find_quantity(memory)) {
    report.error(ProblemCode::kWrongType, "spec.local.memory",
                 concat("\"", memory, "\" is no amount of memory"),
                 {.help = "for example 512Mi or 2Gi"});
  }
}

}  // namespace

void validate_extensions(const Json& object, const SpaceDraft& draft, ProblemReporter& report) {
  const Json& spec = map_at(object, "spec");
  const TrialParameterNames names = trial_parameter_names(spec);
  check_initial_points(spec, draft, report);
  check_fidelity(spec, names, report);
  for (const auto& [name, value] : map_at(spec, "retrain.parameters").items()) {
    check_constant(name, concat("spec.retrain.parameters.", name), true, names, report);
  }
  check_warm_start(object, report);
  check_local(spec, report);
}

}  // namespace mimar::experiment
