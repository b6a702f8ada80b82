#include "experiment/trial_job_values.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/one_shot.h"
#include "space/architecture.h"
#include "space/graph_space.h"

namespace mimar::experiment {

namespace {

constexpr std::string_view kMetadataPrefix = "${trialSpec.";

/// The entry `Labels[key]` or `Annotations[key]` names in the template's metadata.
std::string metadata_entry(const Json& trial_spec, std::string_view field, const char* group) {
  const std::size_t open = field.find('[');
  const std::string key(field.substr(open + 1, field.size() - open - 2));
  const Json::json_pointer place = Json::json_pointer("/metadata") / std::string(group) / key;
  require(trial_spec.contains(place) && trial_spec.at(place).is_string(),
          "trialTemplate.trialSpec has no metadata.", group, " entry \"", key,
          "\", which a trial parameter refers to");
  return trial_spec.at(place).get<std::string>();
}

std::string top_level(const Json& trial_spec, const char* key) {
  const auto found = trial_spec.find(key);
  require(found != trial_spec.end() && found->is_string(), "trialTemplate.trialSpec has no ", key,
          ", which a trial parameter refers to");
  return found->get<std::string>();
}

/// The value of a reference like `${trialSpec.Name}`; `field` is what stands after the dot.
std::string metadata_value(const Experiment& experiment, const Trial& trial,
                           std::string_view field) {
  const Json& trial_spec = experiment.spec.trial_template->trial_spec;
  if (field == "Name") return trial.name;
  if (field == "Namespace") return experiment.name_space;
  if (field == "Kind") return top_level(trial_spec, "kind");
  if (field == "APIVersion") return top_level(trial_spec, "apiVersion");
  const bool indexed = field.ends_with("]");
  if (indexed && field.starts_with("Labels[")) return metadata_entry(trial_spec, field, "labels");
  if (indexed && field.starts_with("Annotations[")) {
    return metadata_entry(trial_spec, field, "annotations");
  }
  fail(ErrorCode::kInvalidArgument, "reference ${trialSpec.", field,
       "} names nothing; use Name, Namespace, Kind, APIVersion, Labels[..] or Annotations[..]");
}

bool names(const std::vector<space::Parameter>& parameters, std::string_view name) {
  return std::any_of(parameters.begin(), parameters.end(),
                     [name](const space::Parameter& parameter) { return parameter.name == name; });
}

/// A search trial is told how to search and has no network yet; a final training has the network
/// that was found, and none of the search's words.
std::optional<std::string> one_shot_value(const Experiment& experiment, const Trial& trial,
                                          const std::string& reference) {
  const bool searches = trial.purpose == TrialPurpose::kSearch;
  if (reference == "network") {
    if (searches) return std::nullopt;
    const auto network = find_architecture(experiment.spec, trial);
    require(network.has_value(), "the search reported no architecture, so there is none to train");
    return space::to_line(*network);
  }
  const OneShotStrings strings = one_shot_strings(experiment, trial);
  for (const auto& [name, text] : {std::pair("algorithm-settings", &strings.settings),
                                   std::pair("search-space", &strings.search_space),
                                   std::pair("num-layers", &strings.num_layers)}) {
    if (reference == name) return searches ? std::optional(*text) : std::nullopt;
  }
  fail(ErrorCode::kInvalidArgument, "trialParameters reference \"", reference,
       "\" names no parameter of the experiment");
}

/// The value of a reference to the proposal; nothing when it names an inactive parameter.
std::optional<std::string> proposal_value(const Experiment& experiment, const Trial& trial,
                                          const std::string& reference) {
  const ExperimentSpec& spec = experiment.spec;
  const space::Assignment& assignment = trial.proposal.assignment;
  if (const auto found = assignment.find(reference); found != assignment.end()) {
    return space::to_text(found->second);
  }
  if (names(spec.parameters, reference)) return std::nullopt;
  if (is_one_shot(spec)) return one_shot_value(experiment, trial, reference);
  if (spec.graph) {
    if (reference == "network") return space::to_line(space::decode(*spec.graph, assignment));
    if (const auto* chain = std::get_if<space::ChainSpace>(&*spec.graph)) {
      const auto strings = [&] {
        return space::to_katib_strings(*chain, space::decode(*spec.graph, assignment));
      };
      if (reference == "architecture") return strings().architecture;
      if (reference == "nn_config") return strings().nn_config;
    }
    if (names(space::expand(*spec.graph), reference)) return std::nullopt;
  }
  fail(ErrorCode::kInvalidArgument, "trialParameters reference \"", reference,
       "\" names no parameter of the experiment");
}

std::optional<std::string> value_of(const Experiment& experiment, const Trial& trial,
                                    const TrialParameter& parameter) {
  const ExperimentSpec& spec = experiment.spec;
  if (parameter.value) {
    const std::optional<double>& budget = trial.proposal.budget;
    const bool is_budget = spec.fidelity && spec.fidelity->parameter == parameter.name;
    return is_budget && budget ? to_text(*budget) : *parameter.value;
  }
  const std::string_view reference = parameter.reference;
  if (reference.starts_with(kMetadataPrefix) && reference.ends_with("}")) {
    const std::size_t length = reference.size() - kMetadataPrefix.size() - 1;
    return metadata_value(experiment, trial, reference.substr(kMetadataPrefix.size(), length));
  }
  return proposal_value(experiment, trial, parameter.reference);
}

}  // namespace

TemplateValues template_values(const Experiment& experiment, const Trial& trial,
                               const std::map<std::string, std::string>& replaced) {
  TemplateValues values;
  for (const TrialParameter& parameter : experiment.spec.trial_template->parameters) {
    const auto found = replaced.find(parameter.name);
    values[parameter.name] =
        found != replaced.end() ? found->second : value_of(experiment, trial, parameter);
  }
  for (const auto& [name, value] : replaced) {
    require(values.contains(name), "retrain.parameters names \"", name,
            "\", which is no trial parameter of the template");
  }
  return values;
}

}  // namespace mimar::experiment
