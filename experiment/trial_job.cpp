#include "experiment/trial_job.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "experiment/trial_job_values.h"

namespace mimar::experiment {

namespace {

constexpr std::string_view kOpen = "${trialParameters.";

/// The name inside a text that is one placeholder and nothing else; empty when it is not. Quotes
/// around it count as part of the flag (shell form).
std::string_view sole_placeholder(std::string_view text) {
  if (text.size() >= 2 && text.front() == text.back() &&
      (text.front() == '\'' || text.front() == '"')) {
    text = text.substr(1, text.size() - 2);
  }
  if (!text.starts_with(kOpen) || text.find('}') != text.size() - 1) return {};
  return text.substr(kOpen.size(), text.size() - kOpen.size() - 1);
}

/// Writes the values into one parsed template. Each string is read once from left to right and
/// what is put in is never looked at again, so a value may hold anything.
class Renderer {
 public:
  explicit Renderer(const TemplateValues& values) : values_(values) {}

  Json render(const Json& node, const std::string& path);

  std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  std::string replace(std::string_view text, const std::string& path);
  Json render_object(const Json& node, const std::string& path);
  Json render_command(const Json& elements, const std::string& path);
  Json render_environment(const Json& entries, const std::string& path);
  bool is_inactive(std::string_view name) const {
    const auto found = values_.find(name);
    return found != values_.end() && !found->second;
  }

  const TemplateValues& values_;
  std::vector<std::string> warnings_;
};

std::string Renderer::replace(std::string_view text, const std::string& path) {
  std::string result;
  for (;;) {
    const std::size_t begin = text.find(kOpen);
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('}', begin);
    if (end == std::string_view::npos) return result.append(text);
    const std::string_view name = text.substr(begin + kOpen.size(), end - begin - kOpen.size());
    const auto found = values_.find(name);
    require(found != values_.end(), "trialTemplate.trialSpec", path, ": ${trialParameters.", name,
            "} is not declared in trialTemplate.trialParameters");
    result.append(text.substr(0, begin));
    if (found->second) {
      result.append(*found->second);
    } else {
      warnings_.push_back(concat("trialSpec", path, ": parameter \"", name,
                                 "\" is inactive in this trial, its placeholder became empty"));
    }
    text.remove_prefix(end + 1);
  }
}

Json Renderer::render(const Json& node, const std::string& path) {
  if (node.is_string()) return replace(node.get_ref<const std::string&>(), path);
  if (node.is_object()) return render_object(node, path);
  if (!node.is_array()) return node;
  Json result = Json::array();
  for (std::size_t i = 0; i < node.size(); ++i) {
    result.push_back(render(node[i], concat(path, "[", i, "]")));
  }
  return result;
}

Json Renderer::render_object(const Json& node, const std::string& path) {
  Json result = Json::object();
  for (const auto& [key, value] : node.items()) {
    const std::string below = concat(path, ".", key);
    Json& place = result[replace(key, below)];
    if (value.is_array() && (key == "command" || key == "args")) {
      place = render_command(value, below);
    } else if (value.is_array() && key == "env") {
      place = render_environment(value, below);
    } else {
      place = render(value, below);
    }
  }
  return result;
}

Json Renderer::render_command(const Json& elements, const std::string& path) {
  Json result = Json::array();
  bool flag_before = false;  // the last element stands in the result and is like "-flag"
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Json& element = elements[i];
    if (element.is_string()) {
      const std::string_view text = element.get_ref<const std::string&>();
      const std::size_t equals = text.starts_with("-") ? text.find('=') : std::string_view::npos;
      if (equals != std::string_view::npos &&
          is_inactive(sole_placeholder(text.substr(equals + 1)))) {
        flag_before = false;
        continue;
      }
      if (flag_before && is_inactive(sole_placeholder(text))) {
        result.erase(result.size() - 1);
        flag_before = false;
        continue;
      }
      flag_before = text.starts_with("-") && equals == std::string_view::npos;
    }
    result.push_back(render(element, concat(path, "[", i, "]")));
  }
  return result;
}

Json Renderer::render_environment(const Json& entries, const std::string& path) {
  Json result = Json::array();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Json& entry = entries[i];
    const auto value = entry.is_object() ? entry.find("value") : entry.end();
    if (entry.is_object() && value != entry.end() && value->is_string() &&
        is_inactive(sole_placeholder(value->get_ref<const std::string&>()))) {
      continue;
    }
    result.push_back(render(entry, concat(path, "[", i, "]")));
  }
  return result;
}

/// Gives the job the trial's name and namespace, with metadata in its customary place.
Json with_metadata(const Json& object, const std::string& name, const std::string& name_space) {
  Json metadata = Json::object();
  metadata["name"] = name;
  metadata["namespace"] = name_space;
  if (const auto found = object.find("metadata"); found != object.end() && found->is_object()) {
    for (const auto& [key, value] : found->items()) {
      if (key != "name" && key != "namespace") metadata[key] = value;
    }
  }
  Json result = Json::object();
  for (const char* key : {"apiVersion", "kind"}) {
    if (object.contains(key)) result[key] = object.at(key);
  }
  result["metadata"] = std::move(metadata);
  for (const auto& [key, value] : object.items()) {
    if (!result.contains(key)) result[key] = value;
  }
  return result;
}

}  // namespace

TrialJob render(const Experiment& experiment, const Trial& trial,
                const std::map<std::string, std::string>& replaced) {
  const ExperimentSpec& spec = experiment.spec;
  require(spec.trial_template.has_value(), "experiment \"", experiment.name,
          "\" has no trialTemplate, so its trials cannot be run; add one, or drive it with ask and "
          "tell");
  const TrialTemplate& source = *spec.trial_template;
  require(source.trial_spec.is_object(),
          "the job in trialTemplate.configMap was not at hand when the experiment was recorded; "
          "create it again with --config-map FILE, or write the job into trialTemplate.trialSpec");
  const TemplateValues values = template_values(experiment, trial, replaced);
  Renderer renderer(values);

  TrialJob job;
  job.experiment_name = experiment.name;
  job.experiment_uid = experiment.uid;
  job.trial_name = trial.name;
  job.number = trial.number;
  job.object =
      with_metadata(renderer.render(source.trial_spec, ""), trial.name, experiment.name_space);
  job.primary_container_name = source.primary_container_name;
  job.primary_pod_labels = source.primary_pod_labels;
  job.success_condition = source.success_condition;
  job.failure_condition = source.failure_condition;
  job.retain = source.retain;
  job.command_form = source.command_form;
  job.collector = spec.metrics_collector;
  job.metric_names = spec.metric_names();
  job.local = spec.local;
  if (trial.purpose == TrialPurpose::kSearch) job.timeout = spec.trial_timeout;
  if (trial.purpose == TrialPurpose::kRetrain && spec.retrain) {
    job.sharers = std::min(spec.retrain->top, spec.parallel_trial_count);
  }
  job.stall_timeout = spec.stall_timeout;
  job.warnings = renderer.take_warnings();
  return job;
}

}  // namespace mimar::experiment
