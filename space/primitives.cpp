#include "space/primitives.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/nearest_name.h"
#include "space/graph_space.h"

namespace mimar::space {

const std::vector<std::string>& known_primitives() {
  static const std::vector<std::string> names = {
      "none",         "skip_connect", "identity",     "max_pool_3x3", "avg_pool_3x3",
      "sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7", "dil_conv_3x3", "dil_conv_5x5",
      "conv_3x3",     "conv_5x5",     "conv_7x1_1x7", "nor_conv_1x1", "nor_conv_3x3"};
  return names;
}

const std::vector<std::string>& macro_primitives() {
  static const std::vector<std::string> names = {"conv_3x3",     "sep_conv_3x3", "conv_5x5",
                                                 "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3"};
  return names;
}

std::vector<std::string> default_primitives(CellKind kind) {
  switch (kind) {
    case CellKind::kDarts:
      return {"max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3",
              "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"};
    case CellKind::kEnasMicro:
      return {"sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "identity"};
    case CellKind::kNasBench201:
      return {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
  }
  return {};
}

std::vector<std::string> chosen_primitives(const std::vector<std::string>& listed,
                                           const std::vector<std::string>& defaults,
                                           bool keep_none) {
  std::vector<std::string> chosen = listed.empty() ? defaults : listed;
  if (!keep_none) std::erase(chosen, "none");
  return chosen;
}

bool is_known_primitive(const std::string& name) {
  const std::vector<std::string>& known = known_primitives();
  return is_own_operation(name) || std::find(known.begin(), known.end(), name) != known.end();
}

bool is_own_operation(const std::string& name) {
  constexpr std::string_view kEnding = ".pt";
  return name.size() > kEnding.size() && name.ends_with(kEnding);
}

Architecture with_operations_from(Architecture architecture, const std::string& folder) {
  const auto look_up = [&](std::string& name) {
    const bool is_relative = is_own_operation(name) && !name.starts_with('/');
    if (is_relative) name = concat(folder, '/', name);
  };
  if (auto* chain = std::get_if<ChainArchitecture>(&architecture.graph)) {
    for (ChainLayer& layer : chain->layers) look_up(layer.operation.type);
  } else if (auto* macro = std::get_if<MacroArchitecture>(&architecture.graph)) {
    for (MacroLayer& layer : macro->layers) look_up(layer.op);
  } else {
    auto& cells = std::get<CellArchitecture>(architecture.graph);
    for (Cell* cell : {&cells.normal, &cells.reduce}) {
      for (auto& node : cell->nodes) {
        for (CellEdge& edge : node) look_up(edge.op);
      }
    }
  }
  return architecture;
}

std::string unknown_primitive(const std::string& name) {
  if (const auto nearest = find_nearest_name(name, known_primitives())) {
    return concat("unknown operation \"", name, "\"; did you mean \"", *nearest, "\"?");
  }
  std::string all;
  for (const std::string& known : known_primitives()) all += (all.empty() ? "" : ", ") + known;
  return concat("unknown operation \"", name, "\"; known are ", all,
                ", and a TorchScript file of your own, NAME.pt");
}

std::vector<std::string> primitive_problems(const std::vector<std::string>& listed,
                                            bool keep_none) {
  std::vector<std::string> problems;
  std::set<std::string> seen;
  for (const std::string& name : listed) {
    if (!seen.insert(name).second) {
      problems.push_back(concat("primitives: \"", name, "\" is listed twice"));
    } else if (!is_known_primitive(name)) {
      problems.push_back("primitives: " + unknown_primitive(name));
    }
  }
  if (!listed.empty() && !keep_none &&
      std::count(listed.begin(), listed.end(), "none") ==
          static_cast<std::ptrdiff_t>(listed.size())) {
    problems.emplace_back("primitives: `none` alone leaves nothing to choose");
  }
  return problems;
}

}  // namespace mimar::space
