#include "base/error.h"
#include "space/graph_parts.h"
#include "space/primitives.h"

namespace mimar::space {
namespace {

std::string layer_prefix(int layer) { return concat("macro.layer", layer); }

std::vector<std::string> operations_of(const MacroSpace& space) {
  return chosen_primitives(space.primitives, macro_primitives(), false);
}

}  // namespace

std::vector<std::string> macro_problems(const MacroSpace& space) {
  std::vector<std::string> problems = primitive_problems(space.primitives, false);
  check_range("numLayers", space.num_layers, 1, kMaxLayers, problems);
  check_range("initChannels", space.init_channels, 1, kMaxChannels, problems);
  return problems;
}

std::vector<Parameter> expand_macro(const MacroSpace& space) {
  const std::vector<std::string> operations = operations_of(space);
  std::vector<Parameter> decisions;
  for (int layer = 0; layer < space.num_layers; ++layer) {
    const std::string prefix = layer_prefix(layer);
    decisions.push_back(choice_decision(prefix + ".op", operations));
    if (space.skip_connections) append_skip_decisions(prefix, layer, decisions);
  }
  return decisions;
}

MacroArchitecture decode_macro(const MacroSpace& space, const Assignment& assignment) {
  const CategoricalDomain operations{operations_of(space)};
  MacroArchitecture macro{space.init_channels, {}};
  for (int layer = 0; layer < space.num_layers; ++layer) {
    const std::string prefix = layer_prefix(layer);
    std::string op = get_decision(assignment, prefix + ".op", operations);
    std::vector<int> skips;
    if (space.skip_connections) skips = get_skips(assignment, prefix, layer);
    macro.layers.push_back({std::move(op), std::move(skips)});
  }
  return macro;
}

Assignment encode_macro(const MacroSpace& space, const MacroArchitecture& architecture) {
  require(architecture.layers.size() == static_cast<std::size_t>(space.num_layers),
          "the architecture has ", architecture.layers.size(), " layers, the space ",
          space.num_layers);
  require(architecture.init_channels == space.init_channels, "the architecture starts with ",
          architecture.init_channels, " channels, the space with ", space.init_channels);
  Assignment assignment;
  for (int layer = 0; layer < space.num_layers; ++layer) {
    const MacroLayer& chosen = architecture.layers[static_cast<std::size_t>(layer)];
    const std::string prefix = layer_prefix(layer);
    assignment[prefix + ".op"] = chosen.op;
    require(space.skip_connections || chosen.skips.empty(), "layer ", layer,
            " has skips, and the space has none");
    if (space.skip_connections) set_skips(chosen.skips, prefix, layer, assignment);
  }
  return assignment;
}

}  // namespace mimar::space
