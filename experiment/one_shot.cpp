#include "experiment/one_shot.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/number_text.h"
#include "base/rng.h"
#include "hpo/sampler.h"
#include "space/graph_space.h"
#include "space/katib_text.h"
#include "space/primitives.h"
#include "space/published_forms.h"

namespace mimar::experiment {
namespace {

/// JSON as Python writes it, with single quotes, as Katib hands it on.
class KatibJson {
 public:
  KatibJson(char open, char close) : close_(close), text_(1, open) {}

  void add(const std::string& item) {
    if (text_.size() > 1) text_ += ", ";
    text_ += item;
  }
  void add(const std::string& name, const std::string& value) {
    add(space::to_katib_text(name) + ": " + value);
  }
  std::string finish() { return text_ + close_; }

 private:
  char close_;
  std::string text_;
};

bool is_number(const std::string& text) { return find_double(text).has_value(); }

/// What the graph space itself says of the network, under the names of settings.
std::map<std::string, std::string> sizes_of(const space::GraphSpace& graph) {
  if (const auto* cells = std::get_if<space::CellSpace>(&graph)) {
    const int usual = cells->kind == space::CellKind::kEnasMicro ? 5 : 4;
    return {{"num_nodes", concat(cells->num_nodes == 0 ? usual : cells->num_nodes)},
            {"init_channels", concat(cells->init_channels)}};
  }
  if (const auto* macro = std::get_if<space::MacroSpace>(&graph)) {
    return {{"init_channels", concat(macro->init_channels)},
            {"skip_connections", macro->skip_connections ? "true" : "false"},
            {"space", "macro"}};
  }
  return {};
}

std::string settings_of(const Experiment& experiment, const Trial& trial) {
  const ExperimentSpec& spec = experiment.spec;
  const Algorithm& algorithm = spec.algorithm;
  const std::map<std::string, std::string> sizes = sizes_of(*spec.graph);
  KatibJson json('{', '}');
  std::vector<std::string> written;
  const auto add = [&](const std::string& name, const std::string& value) {
    json.add(name, value);
    written.push_back(name);
  };
  const auto given = [&](const std::string& name) -> std::optional<std::string> {
    if (const auto found = trial.proposal.assignment.find(name);
        found != trial.proposal.assignment.end()) {
      return space::to_text(found->second);
    }
    const auto setting = algorithm.settings.find(name);
    return setting == algorithm.settings.end() ? std::nullopt : std::optional(setting->second);
  };
  for (const hpo::SettingHelp& help : hpo::algorithm_settings(algorithm.name)) {
    if (const auto value = given(help.name)) {
      add(help.name, space::to_katib_text(*value));
    } else if (const auto size = sizes.find(help.name); size != sizes.end()) {
      add(help.name, is_number(size->second) ? size->second : space::to_katib_text(size->second));
    } else if (is_number(help.default_value)) {
      add(help.name, help.default_value);
    }
  }
  const auto add_rest = [&](const std::string& name, const std::string& value) {
    if (std::ranges::find(written, name) == written.end()) add(name, space::to_katib_text(value));
  };
  for (const auto& [name, value] : sizes) add_rest(name, value);
  for (const auto& [name, value] : algorithm.settings) add_rest(name, value);
  for (const auto& [name, value] : trial.proposal.assignment) {
    add_rest(name, space::to_text(value));
  }
  if (std::ranges::find(written, "seed") == written.end()) {
    // 31 bits: other programs may read it as they like.
    const std::uint64_t seed = mix(experiment.seed(), static_cast<std::uint64_t>(trial.number));
    add("seed", concat(seed >> 33));
  }
  return json.finish();
}

/// Katib's names: the type with each value of its first parameter; a skip connection is one.
std::vector<std::string> chain_operations(const space::ChainSpace& chain) {
  std::vector<std::string> names;
  for (const space::OperationChoice& choice : chain.operations) {
    if (choice.type == "skip_connection" || choice.parameters.empty()) {
      names.push_back(choice.type);
      continue;
    }
    const space::Parameter& first = choice.parameters.front();
    const auto count = space::num_values(first.domain);
    require(count && *count <= 100, "nasConfig: operation ", choice.type, ": ", first.name,
            " must have at most 100 values, as each makes an operation of the supernet");
    for (std::uint64_t i = 0; i < *count; ++i) {
      const std::string size = space::to_text(space::value_at(first.domain, i));
      names.push_back(concat(choice.type, '_', size, 'x', size));
    }
  }
  return names;
}

std::vector<std::string> operations_of(const space::GraphSpace& graph) {
  if (const auto* chain = std::get_if<space::ChainSpace>(&graph)) return chain_operations(*chain);
  if (const auto* cells = std::get_if<space::CellSpace>(&graph)) {
    return cells->primitives.empty() ? space::default_primitives(cells->kind) : cells->primitives;
  }
  const auto& macro = std::get<space::MacroSpace>(graph);
  return macro.primitives.empty() ? space::macro_primitives() : macro.primitives;
}

int layers_of(const space::GraphSpace& graph) {
  if (const auto* chain = std::get_if<space::ChainSpace>(&graph)) return chain->num_layers;
  if (const auto* cells = std::get_if<space::CellSpace>(&graph)) return cells->num_cells;
  return std::get<space::MacroSpace>(graph).num_layers;
}

std::optional<std::string> latest(const Trial& trial, std::string_view name) {
  for (const MetricSummary& metric : trial.metrics) {
    if (metric.name == name && metric.latest != "unavailable") return metric.latest;
  }
  return std::nullopt;
}

/// A genotype has no sizes: they are the supernet's.
space::Architecture from_genotype(const ExperimentSpec& spec, const std::string& genotype) {
  space::CellArchitecture cells = space::parse_genotype(genotype);
  if (const auto* searched = std::get_if<space::CellSpace>(&*spec.graph)) {
    cells.num_cells = searched->num_cells;
    cells.init_channels = searched->init_channels;
  } else {
    cells.num_cells = layers_of(*spec.graph);
    const auto channels = spec.algorithm.settings.find("init_channels");
    if (channels != spec.algorithm.settings.end()) {
      cells.init_channels = static_cast<int>(find_integer(channels->second).value_or(16));
    }
  }
  return {std::move(cells)};
}

std::optional<space::Architecture> found_architecture(const ExperimentSpec& spec,
                                                      const Trial& trial) {
  // What a trial printed is no more than a text: one that cannot be read is no architecture.
  try {
    const auto label = trial.proposal.labels.find(kArchitectureLabel);
    if (label != trial.proposal.labels.end()) return space::parse_architecture(label->second);
    if (const auto json = latest(trial, "architecture")) return space::parse_architecture(*json);
    if (const auto genotype = latest(trial, "Best-Genotype")) return from_genotype(spec, *genotype);
  } catch (const Error&) {
  }
  return std::nullopt;
}

}  // namespace

bool is_one_shot(const ExperimentSpec& spec) {
  return hpo::searches_in_one_trial(spec.algorithm.name);
}

OneShotStrings one_shot_strings(const Experiment& experiment, const Trial& trial) {
  const auto& graph = experiment.spec.graph;
  require(graph.has_value(), experiment.spec.algorithm.name, " needs spec.nasConfig");
  KatibJson operations('[', ']');
  for (const std::string& name : operations_of(*graph)) operations.add(space::to_katib_text(name));
  return {.settings = settings_of(experiment, trial),
          .search_space = operations.finish(),
          .num_layers = concat(layers_of(*graph))};
}

std::optional<space::Architecture> find_architecture(const ExperimentSpec& spec,
                                                     const Trial& trial) {
  if (!spec.graph) return std::nullopt;
  if (is_one_shot(spec)) return found_architecture(spec, trial);
  return space::decode(*spec.graph, trial.proposal.assignment);
}

}  // namespace mimar::experiment
