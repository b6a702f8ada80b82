#include "cli/given_text.h"

#include <set>
#include <utility>

#include "base/error.h"
#include "cli/experiment_file.h"
#include "space/graph_space.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentSpec;
using experiment::GivenValues;

constexpr std::string_view kNetwork = "network";

/// The decisions that a network stands for, as texts.
GivenValues decisions_of(Context& context, const ExperimentSpec& spec, const std::string& text) {
  require(spec.graph.has_value(), kNetwork, ": the experiment searches no network");
  const bool is_file = text.starts_with('@');
  const space::Architecture network =
      space::parse_architecture(is_file ? read_text(context, text.substr(1)) : text);
  GivenValues decisions;
  for (const auto& [name, value] : space::encode(*spec.graph, network)) {
    decisions[name] = space::to_text(value);
  }
  return decisions;
}

/// Drops what the values that were changed leave no place for.
void drop_inactive(const space::SearchSpace& space, const std::set<std::string>& changed,
                   GivenValues& values) {
  const space::Assignment assignment = experiment::parse_given(space, values);
  std::erase_if(values, [&](const auto& entry) {
    return !changed.contains(entry.first) &&
           !space.is_active(space.find_index_of(entry.first).value(), assignment);
  });
}

}  // namespace

GivenValues with_given(Context& context, const ExperimentSpec& spec, GivenValues values,
                       const std::vector<std::string>& texts) {
  const space::SearchSpace space = experiment::search_space(spec);
  std::set<std::string> changed;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    require(equals != std::string::npos, "a value is NAME=VALUE: \"", text, '"');
    const std::string name = text.substr(0, equals);
    require(changed.insert(name).second, "\"", name, "\" is given twice");
    if (name != kNetwork || space.find(name) != nullptr) {
      values[name] = text.substr(equals + 1);
      continue;
    }
    std::erase_if(values, [&](const auto& entry) {
      const space::Parameter* known = space.find(entry.first);
      return known != nullptr && known->role == space::Role::kArchitecture;
    });
    values.merge(decisions_of(context, spec, text.substr(equals + 1)));
  }
  drop_inactive(space, changed, values);
  experiment::check_given(space, values);
  return values;
}

}  // namespace mimar::cli
