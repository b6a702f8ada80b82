// Rules on the trial template: its source, parameters, placeholders and conditions.

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "experiment/parse_access.h"
#include "experiment/parse_fields.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

const std::string kTemplate = "spec.trialTemplate";
const std::string kTrialSpec = "spec.trialTemplate.trialSpec";
constexpr std::string_view kOpen = "${trialParameters.";

void check_source(const Json& trial_template, ProblemReporter& report) {
  const bool has_spec = report.is_written(kTrialSpec);
  const bool has_map = report.is_written(kTemplate + ".configMap");
  if (has_spec && has_map) {
    report.error(ProblemCode::kTemplateSource, kTemplate + ".configMap",
                 "trialSpec and configMap exclude each other",
                 {.help = "remove one of them", .at_key = true});
  } else if (!has_spec && !has_map) {
    report.error(ProblemCode::kTemplateSource, kTemplate,
                 "the template needs trialSpec or configMap",
                 {.help = "for example trialSpec: {apiVersion: batch/v1, kind: Job, spec: {...}}",
                  .at_key = true});
  }
  const Json* job = find_member(trial_template, "trialSpec");
  if (job == nullptr) return;
  if (!job->is_object()) {
    const YamlNode* written = report.find(kTrialSpec);
    report.error(
        ProblemCode::kTemplateShape, kTrialSpec,
        concat("trialSpec must be a mapping", written ? ", got " + describe(*written) : ""),
        {.help = "write the job itself here, or name a ConfigMap that holds it in configMap"});
    return;
  }
  for (const char* member : {"apiVersion", "kind"}) {
    if (!text_at(*job, member).empty()) continue;
    report.error(ProblemCode::kTemplateShape, concat(kTrialSpec, '.', member),
                 concat("the job has no ", member),
                 {.help = "for example apiVersion: batch/v1, "
                          "kind: Job",
                  .at_key = true});
  }
  for (const char* member : {"metadata.name", "metadata.namespace"}) {
    if (find_path(*job, member) == nullptr) continue;
    report.error(ProblemCode::kTemplateShape, concat(kTrialSpec, '.', member),
                 concat("the job must not have ", member),
                 {.help = "each trial gets its own", .at_key = true});
  }
}

/// "lr" of "{lr}" and of "${trialParameters.lr}".
std::string without_braces(std::string name) {
  if (name.starts_with(kOpen)) name.erase(0, kOpen.size());
  std::erase_if(name, [](char c) { return c == '{' || c == '}' || c == '$'; });
  return name;
}

/// trialParameters with what they may refer to.
class ParameterRules {
 public:
  ParameterRules(const Json& spec, ProblemReporter& report)
      : spec_(spec),
        list_(list_at(spec, "trialTemplate.trialParameters")),
        report_(report),
        has_graph_(report.is_written("spec.nasConfig")),
        is_chain_(report.is_written("spec.nasConfig.graphConfig")) {
    for (const Json& parameter : list_at(spec, "parameters")) {
      const std::string name = text_at(parameter, "name");
      if (name.empty()) {
        knows_parameters_ = false;
      } else {
        references_.push_back(name);
      }
      if (!list_at(parameter, "when").empty()) conditional_.insert(name);
      for (const Json& condition : list_at(parameter, "when")) note_parents(condition);
    }
    const YamlNode* written = report.find("spec.parameters");
    if (written != nullptr && written->kind != YamlNode::Kind::kList) knows_parameters_ = false;
    if (has_graph_) add_reference("network");
    if (is_chain_) {
      add_reference("architecture");
      add_reference("nn_config");
    }
    if (hpo::searches_in_one_trial(text_at(spec, "algorithm.algorithmName"))) {  // Katib's names
      for (const char* name : {"algorithm-settings", "search-space", "num-layers"}) {
        add_reference(name);
      }
    }
  }

  void check() {
    for (std::size_t i = 0; i < list_.size(); ++i) {
      check_entry(list_[i], concat(kTemplate, ".trialParameters[", i, "]"), i);
    }
    check_unused_parameters();
    const Json* job = find_path(spec_, "trialTemplate.trialSpec");
    if (job != nullptr && job->is_object()) check_placeholders(find_placeholders(*job, kTrialSpec));
  }

 private:
  /// A parameter may bear the name, which is an error of its own.
  void add_reference(const std::string& name) {
    if (!is_reference(name)) references_.push_back(name);
  }

  void check_entry(const Json& entry, const std::string& path, std::size_t index) {
    const bool was_sound = !report_.has_error_at(path);
    const std::string name = check_name(entry, path + ".name", index);
    const std::string reference = text_at(entry, "reference");
    const bool has_value = find_member(entry, "value") != nullptr;
    if (name.empty()) nameless_.insert(reference);
    if (!reference.empty()) check_reference(reference, name, path + ".reference");
    if (reference.empty() == has_value) return;
    if (reference.empty() && !report_.is_written(path + ".value")) forgive(name, std::nullopt);
    if (!was_sound) return;
    report_.error(ProblemCode::kTrialParameter, has_value ? path + ".value" : path,
                  has_value ? "a trial parameter has a reference or a value, not both"
                            : "a trial parameter needs a reference or a value",
                  {.help = has_value ? "remove one of them"
                                     : "reference: a parameter's name, or value: a constant",
                   .at_key = has_value});
  }

  /// The name as placeholders have it; empty when it was lost.
  std::string check_name(const Json& entry, const std::string& path, std::size_t index) {
    std::string name = text_at(entry, "name");
    if (name.find_first_of("{}") != std::string::npos) {
      const std::string bare = without_braces(name);
      report_.error(ProblemCode::kTrialParameter, path,
                    concat("\"", name, "\" must not hold braces"),
                    {.help = bare.empty() ? "" : concat("write name: ", bare)});
      name = bare;
    }
    if (name.empty()) return name;
    const auto [earlier, is_new] = index_by_name_.try_emplace(name, index);
    if (!is_new) {
      report_.error(ProblemCode::kDuplicateName, path,
                    concat("two trial parameters are called \"", name, "\""),
                    {.label = concat("also trialParameters[", earlier->second, "]")});
    }
    return name;
  }

  void check_reference(const std::string& reference, const std::string& name,
                       const std::string& path) {
    if (!used_.insert(reference).second) {
      report_.error(ProblemCode::kTrialParameter, path,
                    concat("two trial parameters refer to \"", reference, "\""),
                    {.help = "use one placeholder in both places"});
    }
    if (reference.starts_with("${trialSpec.")) {
      check_metadata(reference, path);
    } else if (!is_reference(reference)) {
      forgive(name, find_meant(reference, references_));
      if (!knows_parameters_) return;
      std::string help = references_.empty() ? "the experiment has no parameters"
                                             : "references here: " + join_names(references_);
      if (reference == "network" || reference == "architecture" || reference == "nn_config") {
        help = has_graph_ ? "cell and macro spaces have the reference network alone"
                          : "it is there when spec.nasConfig searches an architecture";
      }
      report_.error(ProblemCode::kUnknownReference, path,
                    concat("\"", reference, "\" refers to nothing"),
                    {.label = suggest(reference, references_), .help = help});
    }
  }

  bool is_reference(const std::string& name) const {
    return std::find(references_.begin(), references_.end(), name) != references_.end();
  }

  /// An entry that refers to nothing was meant for something: for the nearest name, or the one that
  /// it bears itself. That this is not referred to has the same cause and is not reported again.
  void forgive(const std::string& name, const std::optional<std::string>& nearest) {
    if (nearest) {
      meant_.insert(*nearest);
    } else if (is_reference(name)) {
      meant_.insert(name);
    }
  }

  /// ${trialSpec.Name}, Namespace, Kind, APIVersion, Labels[KEY] and Annotations[KEY].
  void check_metadata(const std::string& reference, const std::string& path) {
    constexpr std::string_view kPrefix = "${trialSpec.";
    static const std::vector<std::string> kPlain = {"Name", "Namespace", "Kind", "APIVersion"};
    const std::string inner =
        reference.substr(kPrefix.size(), reference.size() - kPrefix.size() - 1);
    if (!reference.ends_with('}')) {
      report_.error(ProblemCode::kUnknownReference, path, concat(reference, " lacks its }"));
      return;
    }
    if (std::find(kPlain.begin(), kPlain.end(), inner) != kPlain.end()) return;
    for (const auto& [prefix, member] : {std::pair<std::string, std::string>{"Labels[", "labels"},
                                         {"Annotations[", "annotations"}}) {
      if (!inner.starts_with(prefix) || !inner.ends_with(']')) continue;
      const std::string key = inner.substr(prefix.size(), inner.size() - prefix.size() - 1);
      const Json& map = map_at(spec_, "trialTemplate.trialSpec.metadata." + member);
      if (find_member(map, key) == nullptr && report_.is_written(kTrialSpec)) {
        report_.error(ProblemCode::kUnknownReference, path,
                      concat("the template's metadata.", member, " have no \"", key, "\""));
      }
      return;
    }
    report_.error(ProblemCode::kUnknownReference, path,
                  concat("the metadata \"", inner, "\" is unknown"),
                  {.label = suggest(inner, kPlain),
                   .help = "Name, Namespace, Kind, APIVersion, Labels[KEY] or Annotations[KEY]"});
  }

  /// A parent decides which parameters exist, even if trials do not see it.
  void note_parents(const Json& condition) {
    parents_.insert(text_at(condition, "parameter"));
    for (const Json& clause : list_at(condition, "anyOf")) {
      parents_.insert(text_at(clause, "parameter"));
    }
  }

  /// What no trial sees would be searched for nothing.
  void check_unused_parameters() {
    if (find_path(spec_, "trialTemplate.trialParameters") == nullptr) return;
    const auto sees = [&](const std::string& name) {
      return used_.contains(name) || meant_.contains(name);
    };
    // The parameters of a one-shot search are settings of it, and reach it among these.
    const bool sees_all = sees("algorithm-settings");
    const Json& parameters = list_at(spec_, "parameters");
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const std::string name = text_at(parameters[i], "name");
      if (name.empty() || sees_all || sees(name) || parents_.contains(name)) continue;
      report_.error(
          ProblemCode::kParameterUnused, concat("spec.parameters[", i, "].name"),
          concat("no trial parameter refers to \"", name, "\": it would be searched for nothing"),
          {.help = concat("add to trialParameters: {name: ", name, ", reference: ", name, "}")});
    }
    const bool sees_graph =
        sees("network") || sees("architecture") || sees("nn_config") || sees("search-space");
    if (has_graph_ && !sees_graph) {
      report_.error(
          ProblemCode::kParameterUnused, "spec.nasConfig",
          "no trial parameter refers to the architecture: it would be searched for "
          "nothing",
          {.help = "add to trialParameters: {name: network, reference: network}", .at_key = true});
    }
  }

  void check_placeholders(const std::vector<PlaceholderUse>& uses) {
    std::vector<std::string> declared;
    for (const auto& [name, index] : index_by_name_) declared.push_back(name);
    std::set<std::string> seen;
    for (const PlaceholderUse& use : uses) {
      seen.insert(use.name);
      const std::string placeholder = concat(kOpen, use.name, "}");
      const auto found = index_by_name_.find(use.name);
      if (use.in_key) {
        report_.error(
            ProblemCode::kPlaceholderUnknown, use.path,
            concat(placeholder, " stands in a key, where nothing is replaced"),
            {.help = "write the key out; placeholders belong into values", .at_key = true});
      } else if (found == index_by_name_.end()) {
        // It may be the name that an entry has lost.
        if (nameless_.contains(use.name) || nameless_.contains("")) continue;
        report_.error(
            ProblemCode::kPlaceholderUnknown, use.path,
            concat("trialParameters do not declare \"", use.name, "\""),
            {.label = suggest(use.name, declared),
             .help = concat("add to trialParameters: {name: ", use.name, ", reference: ...}"),
             .find = placeholder});
      } else {
        warn_conditional(use, list_[found->second], placeholder);
      }
    }
    for (const auto& [name, index] : index_by_name_) {
      if (seen.contains(name)) continue;
      report_.error(ProblemCode::kPlaceholderMissing,
                    concat(kTemplate, ".trialParameters[", index, "].name"),
                    concat("the job has no placeholder ", kOpen, name, "}"),
                    {.help = "use it in the job, or remove the trial parameter"});
    }
  }

  void warn_conditional(const PlaceholderUse& use, const Json& entry,
                        const std::string& placeholder) {
    if (use.may_vanish || !conditional_.contains(text_at(entry, "reference"))) return;
    report_.warn(
        ProblemCode::kInactiveElsewhere, use.path,
        concat(placeholder, " becomes the empty text while the parameter is inactive"),
        {.help = "an argument of its own, --flag=${...}, would be left out", .find = placeholder});
  }

  const Json& spec_;
  const Json& list_;
  ProblemReporter& report_;
  bool has_graph_;
  bool is_chain_;
  bool knows_parameters_ = true;         // no name of spec.parameters was lost
  std::vector<std::string> references_;  // what reference may name
  std::set<std::string> conditional_;    // parameters with conditions
  std::set<std::string> parents_;        // parameters that conditions name
  std::set<std::string> used_;           // references seen
  std::set<std::string> meant_;          // what wrong references were probably meant to be
  std::set<std::string> nameless_;       // references of entries whose name was lost
  std::map<std::string, std::size_t> index_by_name_;
};

void fill_command_form(Json& spec) {
  Json& trial_template = spec["trialTemplate"];
  if (find_member(trial_template, "commandForm") != nullptr) return;
  const std::string kind = text_at(spec, "metricsCollectorSpec.collector.kind");
  const bool is_exec = kind == "Push" || kind == "Custom" || kind == "None";
  trial_template["commandForm"] = is_exec ? "exec" : "shell";
}

}  // namespace

void validate_template(Json& spec, bool ignore_unknown, ProblemReporter& report) {
  if (find_member(spec, "trialTemplate") == nullptr) return;
  check_source(spec["trialTemplate"], report);
  validate_job_end(spec["trialTemplate"], report);
  fill_command_form(spec);
  ParameterRules(spec, report).check();
  validate_job(spec, ignore_unknown, report);
}

}  // namespace mimar::experiment
