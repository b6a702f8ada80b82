#include "cli/trial_text.h"

#include <algorithm>

#include "base/number_text.h"
#include "cli/text.h"
#include "experiment/one_shot.h"
#include "local/local_runner.h"

namespace mimar::cli {

namespace fs = std::filesystem;

std::vector<std::pair<std::string, std::string>> hyperparameters(
    const experiment::ExperimentSpec& spec, const experiment::Trial& trial) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const space::Parameter& parameter : spec.parameters) {
    const auto found = trial.proposal.assignment.find(parameter.name);
    if (found == trial.proposal.assignment.end()) continue;
    values.emplace_back(parameter.name, space::to_text(found->second));
  }
  return values;
}

std::string value_text(const experiment::Trial& trial, std::string_view parameter) {
  const auto found = trial.proposal.assignment.find(parameter);
  return found == trial.proposal.assignment.end() ? std::string() : space::to_text(found->second);
}

std::string metric_text(const experiment::ExperimentSpec& spec, const experiment::Trial& trial,
                        std::string_view metric) {
  const auto value = experiment::chosen_value(trial.metrics, metric, spec.strategy_of(metric));
  return value ? to_text(*value) : std::string();
}

std::string to_arguments(const experiment::ExperimentSpec& spec, const experiment::Trial& trial) {
  std::string arguments;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!arguments.empty()) arguments += ' ';
    arguments += "--" + name + '=' + shell_quote(value);
  };
  for (const auto& [name, value] : hyperparameters(spec, trial)) add(name, value);
  if (const auto architecture = experiment::find_architecture(spec, trial)) {
    add("network", space::to_line(*architecture));
  }
  return arguments;
}

std::vector<fs::path> artefacts(const fs::path& trial_dir) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(trial_dir, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (at->is_regular_file(error) && !local::is_runner_log(at->path()))
      files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string aligned_lines(const std::vector<std::pair<std::string, std::string>>& lines,
                          std::size_t indent, std::size_t width) {
  std::size_t longest = 0;
  for (const auto& [name, value] : lines) longest = std::max(longest, display_width(name));
  const std::size_t taken = indent + longest + 2;
  const std::size_t room = width > taken + 20 ? width - taken : 20;
  std::string text;
  for (const auto& [name, value] : lines) {
    std::string lead = std::string(indent, ' ') + pad_right(name, longest) + "  ";
    std::vector<std::string> parts = wrap_words(value, room);
    if (parts.empty()) parts.emplace_back();
    for (const std::string& part : parts) {
      std::string line = lead + part;
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + '\n';
      lead = std::string(taken, ' ');
    }
  }
  return text;
}

std::string indented(std::string_view text, std::size_t indent) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (!line.empty()) result += std::string(indent, ' ') + std::string(line);
    result += '\n';
    at = end + 1;
  }
  return result;
}

}  // namespace mimar::cli
