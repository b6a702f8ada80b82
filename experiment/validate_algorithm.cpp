// Rules on the algorithm, early stopping and the controller.

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/parse_access.h"
#include "experiment/store/saved_controller.h"
#include "experiment/validate.h"
#include "hpo/early_stopping/early_stopper.h"

namespace mimar::experiment {
namespace {

/// Algorithms of Katib and Mimar that a build may lack.
constexpr std::array<std::string_view, 18> kAllAlgorithms = {"random",
                                                             "grid",
                                                             "sobol",
                                                             "tpe",
                                                             "multivariate-tpe",
                                                             "evolution",
                                                             "bayesianoptimization",
                                                             "cmaes",
                                                             "hyperband",
                                                             "pbt",
                                                             "bohb",
                                                             "asha",
                                                             "enas",
                                                             "darts",
                                                             "enas-oneshot",
                                                             "auto",
                                                             "successive-halving",
                                                             "nsga2"};

/// Algorithms that train a policy network.
bool has_policy(std::string_view algorithm) { return algorithm == "enas"; }

/// What the language has and this build lacks, for example `the algorithm "pbt"`.
struct Unbuilt {
  ProblemCode code;
  std::string path;
  std::string what;
  std::vector<std::string> built;  // the names that would do
};

/// An error, or a warning where the file is only to be right and not to run here.
void report_unbuilt(const Unbuilt& unbuilt, bool accept, ProblemReporter& report) {
  const std::string message = concat(unbuilt.what, " is not in this build yet");
  const std::string here = "this build has: " + join_names(unbuilt.built);
  if (!accept) return report.error(unbuilt.code, unbuilt.path, message, {.help = here});
  report.warn(unbuilt.code, unbuilt.path, message + ", so it cannot run the experiment",
              {.label = "its settings are not checked", .help = here});
}

/// True when the name is one that this build has.
bool check_algorithm_name(const std::string& name, bool accept_unbuilt, ProblemReporter& report) {
  const std::vector<std::string> known = hpo::algorithm_names();
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  const std::string path = "spec.algorithm.algorithmName";
  if (std::find(kAllAlgorithms.begin(), kAllAlgorithms.end(), name) != kAllAlgorithms.end()) {
    report_unbuilt({.code = ProblemCode::kAlgorithmNotBuilt,
                    .path = path,
                    .what = concat("the algorithm \"", name, '"'),
                    .built = known},
                   accept_unbuilt, report);
  } else {
    report.error(ProblemCode::kUnknownAlgorithm, path, concat("unknown algorithm \"", name, "\""),
                 {.label = suggest(name, known), .help = "this build has: " + join_names(known)});
  }
  return false;
}

/// The settings as a map, double names reported.
hpo::Settings read_settings(const Json& owner, const std::string& path,
                            std::map<std::string, std::size_t>& positions,
                            ProblemReporter& report) {
  hpo::Settings settings;
  const Json& list = list_at(owner, "algorithmSettings");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string name = text_at(list[i], "name");
    if (name.empty() || find_member(list[i], "value") == nullptr) continue;
    if (!positions.try_emplace(name, i).second) {
      report.error(ProblemCode::kDuplicateName, concat(path, ".algorithmSettings[", i, "].name"),
                   concat("the setting \"", name, "\" is given twice"));
    }
    settings.emplace(name, text_at(list[i], "value"));
  }
  return settings;
}

/// Which spaces a one-shot algorithm has a network for.
bool has_network_for(std::string_view algorithm, const space::GraphSpace& graph) {
  const bool is_darts = algorithm == "darts";
  if (const auto* cells = std::get_if<space::CellSpace>(&graph)) {
    return cells->kind == (is_darts ? space::CellKind::kDarts : space::CellKind::kEnasMicro);
  }
  return is_darts ? std::holds_alternative<space::ChainSpace>(graph)
                  : std::holds_alternative<space::MacroSpace>(graph);
}

void check_one_shot_space(const std::string& name, const SpaceDraft& draft,
                          ProblemReporter& report) {
  const std::string path = "spec.nasConfig";
  const std::string help = name == "darts" ? "use nasConfig: {cell: {space: darts}}, or Katib's "
                                             "graphConfig and operations"
                                           : "use nasConfig: {cell: {space: enas-micro}}, or "
                                             "{macro: {}}";
  if (!report.is_written(path)) {
    report.error(ProblemCode::kNasConfig, "spec.algorithm.algorithmName",
                 concat(name, " searches an architecture and needs spec.nasConfig"),
                 {.help = help});
  } else if (draft.graph && !has_network_for(name, *draft.graph)) {
    report.error(ProblemCode::kNasConfig, path, concat(name, " has no network for this space"),
                 {.help = help, .at_key = true});
  }
}

hpo::Direction direction_of(const std::string& type) {
  return type == "maximize" ? hpo::Direction::kMaximize : hpo::Direction::kMinimize;
}

hpo::Problem make_draft_problem(const Json& spec, const space::SearchSpace& space) {
  hpo::Problem problem{.space = space,
                       .directions = {direction_of(text_at(spec, "objective.type"))},
                       .seed = 0,
                       .max_trials = std::nullopt};
  for (const Json& further : list_at(spec, "objective.additionalObjectives")) {
    problem.directions.push_back(direction_of(text_at(further, "type")));
  }
  if (const auto max = integer_at(spec, "maxTrialCount")) {
    problem.max_trials = static_cast<int>(*max);
  }
  return problem;
}

std::vector<std::string> setting_names(const std::string& algorithm) {
  std::vector<std::string> names;
  for (const hpo::SettingHelp& help : hpo::algorithm_settings(algorithm)) {
    names.push_back(help.name);
  }
  return names;
}

/// What an unknown setting was probably meant to be: a setting of this algorithm, else of another.
std::string suggest_setting(const std::string& setting, const std::vector<std::string>& known) {
  if (std::string label = suggest(setting, known); !label.empty()) return label;
  for (const std::string& other : hpo::algorithm_names()) {
    const std::optional<std::string> nearest = find_meant(setting, setting_names(other));
    if (nearest) return concat("\"", *nearest, "\" is a setting of ", other);
  }
  return {};
}

/// Faults of the settings; of their fit to the space, too, when the space could be read.
std::vector<hpo::SettingProblem> find_faults(const Json& spec, const std::string& name,
                                             const hpo::Settings& settings,
                                             const SpaceDraft& draft) {
  if (!draft.space) return hpo::validate_settings(name, settings);
  return hpo::validate_algorithm(name, settings, make_draft_problem(spec, *draft.space));
}

/// Reports faults of settings, each at its setting's place.
void report_faults(const std::vector<hpo::SettingProblem>& faults, const std::string& path,
                   const std::vector<std::string>& known,
                   const std::map<std::string, std::size_t>& positions, ProblemReporter& report) {
  const std::string name = report.find(path + ".algorithmName")->text;
  for (const hpo::SettingProblem& fault : faults) {
    const auto position = positions.find(fault.setting);
    if (position == positions.end()) {
      report.error(ProblemCode::kAlgorithmSetting, path + ".algorithmName", fault.message);
      continue;
    }
    const std::string entry = concat(path, ".algorithmSettings[", position->second, "]");
    if (std::find(known.begin(), known.end(), fault.setting) != known.end()) {
      report.error(ProblemCode::kAlgorithmSetting, entry + ".value", fault.message,
                   {.label = fault.detail});
    } else {
      report.error(ProblemCode::kAlgorithmSetting, entry + ".name", fault.message,
                   {.label = suggest_setting(fault.setting, known),
                    .help = concat("settings of ", name, ": ", join_names(known))});
    }
  }
}

void check_settings(const Json& spec, const std::string& name, const SpaceDraft& draft,
                    ProblemReporter& report) {
  const std::string path = "spec.algorithm";
  std::map<std::string, std::size_t> positions;
  const hpo::Settings settings = read_settings(map_at(spec, "algorithm"), path, positions, report);
  report_faults(find_faults(spec, name, settings, draft), path, setting_names(name), positions,
                report);
}

/// The algorithm is another program's: its name and settings are for that to judge.
void check_endpoint(const Json& spec, const std::string& name, ProblemReporter& report) {
  const std::string path = "spec.algorithm.endpoint";
  const std::string endpoint = text_at(spec, "algorithm.endpoint");
  const std::size_t colon = endpoint.rfind(':');
  const auto port = find_integer(endpoint.substr(colon == std::string::npos ? 0 : colon + 1));
  if (colon == std::string::npos || colon == 0 || !port || *port < 1 || *port > 65535) {
    report.error(ProblemCode::kAlgorithmSetting, path, "an endpoint is HOST:PORT",
                 {.help = "write for example 127.0.0.1:6789"});
  }
  if (hpo::searches_in_one_trial(name)) {
    report.error(ProblemCode::kAlgorithmSetting, path,
                 concat(name, " searches within a trial, which is this build's own"),
                 {.help = "remove endpoint"});
  }
}

void check_early_stopping(const Json& spec, bool accept_unbuilt, ProblemReporter& report) {
  const std::string path = "spec.earlyStopping";
  const std::string name = text_at(spec, "earlyStopping.algorithmName");
  if (name.empty() || report.has_error_at(path + ".algorithmName")) return;
  const std::vector<std::string> rules = hpo::early_stopping_names();
  if (std::find(rules.begin(), rules.end(), name) == rules.end()) {
    return report_unbuilt({.code = ProblemCode::kEarlyStoppingNotBuilt,
                           .path = path + ".algorithmName",
                           .what = concat("the early stopping rule \"", name, '"'),
                           .built = rules},
                          accept_unbuilt, report);
  }
  std::map<std::string, std::size_t> positions;
  const hpo::Settings settings =
      read_settings(map_at(spec, "earlyStopping"), path, positions, report);
  std::vector<std::string> known;
  for (const hpo::SettingHelp& help : hpo::early_stopping_settings(name)) {
    known.push_back(help.name);
  }
  report_faults(hpo::validate_early_stopping(name, settings), path, known, positions, report);
  if (text_at(spec, "metricsCollectorSpec.collector.kind") == "None") {
    report.warn(ProblemCode::kFieldIgnored, path,
                "no metrics are read, so no trial is stopped early",
                {.help = "choose a collector that reads metrics while trials run", .at_key = true});
  }
}

/// A name that the store would refuse, but for a version that only a saved controller has.
void check_controller_name(const Json& spec, const char* member, bool takes_version,
                           ProblemReporter& report) {
  const std::string path = concat("spec.controller.", member);
  const std::string text = text_at(spec, concat("controller.", member));
  if (text.empty() || report.has_error_at(path)) return;
  try {
    const ControllerName name = parse_controller_name(text);
    if (!name.version || takes_version) return;
    report.error(ProblemCode::kController, path, "a controller is saved under a name alone",
                 {.label = "it becomes the next version of that name"});
  } catch (const Error& error) {
    report.error(ProblemCode::kController, path, error.what());
  }
}

void check_controller(const Json& spec, const std::string& algorithm, ProblemReporter& report) {
  if (find_member(spec, "controller") == nullptr) return;
  if (!algorithm.empty() && !has_policy(algorithm)) {
    report.error(
        ProblemCode::kController, "spec.controller",
        concat("the algorithm \"", algorithm, "\" trains no policy that a controller could keep"),
        {.help = "remove spec.controller, or use algorithmName: enas", .at_key = true});
  }
  check_controller_name(spec, "save", false, report);
  check_controller_name(spec, "reuse", true, report);
}

}  // namespace

void validate_algorithm_choice(const Json& spec, const SpaceDraft& draft, bool accept_unbuilt,
                               ProblemReporter& report) {
  const std::string name = text_at(spec, "algorithm.algorithmName");
  if (find_path(spec, "algorithm.endpoint") != nullptr) {
    check_endpoint(spec, name, report);
  } else if (!name.empty() && check_algorithm_name(name, accept_unbuilt, report)) {
    check_settings(spec, name, draft, report);
    if (hpo::searches_in_one_trial(name)) check_one_shot_space(name, draft, report);
  }
  check_early_stopping(spec, accept_unbuilt, report);
  check_controller(spec, name, report);
}

}  // namespace mimar::experiment
