#include "draw/decisions.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace mimar::draw {
namespace {

using Decisions = std::vector<Decision>;

std::string joined(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += concat(text.empty() ? "" : " ", number);
  return text;
}

void add_skips(std::string_view space, std::size_t layer, const std::vector<int>& skips,
               Decisions& decisions) {
  for (const int skip : skips) decisions.push_back({skip_label(space, layer, skip), "1"});
}

void add_cell(const char* name, const space::Cell& cell, Decisions& decisions) {
  for (std::size_t i = 0; i < cell.nodes.size(); ++i) {
    const std::size_t node = static_cast<std::size_t>(cell.num_inputs) + i;
    for (std::size_t edge = 0; edge < cell.nodes[i].size(); ++edge) {
      decisions.push_back(
          {cell_label(name, node, "input", edge), std::to_string(cell.nodes[i][edge].input)});
      decisions.push_back({cell_label(name, node, "op", edge), cell.nodes[i][edge].op});
    }
  }
}

struct Collect {
  Decisions& decisions;

  void operator()(const space::ChainArchitecture& chain) const {
    decisions.push_back({"space", "chain"});
    decisions.push_back({"inputSizes", joined(chain.input_sizes)});
    decisions.push_back({"outputSizes", joined(chain.output_sizes)});
    for (std::size_t i = 0; i < chain.layers.size(); ++i) {
      const space::ChainLayer& layer = chain.layers[i];
      decisions.push_back({op_label("chain", i), layer.operation.type});
      for (const auto& [name, text] : layer.operation.parameters) {
        decisions.push_back({op_label("chain", i) + '.' + name, text});
      }
      add_skips("chain", i, layer.skips, decisions);
    }
  }
  void operator()(const space::CellArchitecture& cells) const {
    decisions.push_back({"space", std::string(space::to_string(cells.kind))});
    decisions.push_back({"numCells", std::to_string(cells.num_cells)});
    decisions.push_back({"initChannels", std::to_string(cells.init_channels)});
    if (cells.kind != space::CellKind::kNasBench201) {
      add_cell("normal", cells.normal, decisions);
      add_cell("reduce", cells.reduce, decisions);
      return;
    }
    for (std::size_t i = 0; i < cells.normal.nodes.size(); ++i) {
      for (const space::CellEdge& edge : cells.normal.nodes[i]) {
        decisions.push_back({bench_label(edge.input, i + 1), edge.op});
      }
    }
  }
  void operator()(const space::MacroArchitecture& macro) const {
    decisions.push_back({"space", "macro"});
    decisions.push_back({"initChannels", std::to_string(macro.init_channels)});
    for (std::size_t i = 0; i < macro.layers.size(); ++i) {
      decisions.push_back({op_label("macro", i), macro.layers[i].op});
      add_skips("macro", i, macro.layers[i].skips, decisions);
    }
  }
};

const Decision* find(const Decisions& decisions, const std::string& label) {
  const auto found = std::find_if(decisions.begin(), decisions.end(),
                                  [&label](const Decision& each) { return each.label == label; });
  return found == decisions.end() ? nullptr : &*found;
}

}  // namespace

std::string op_label(std::string_view space, std::size_t layer) {
  return concat(space, ".layer", layer, ".op");
}

std::string skip_label(std::string_view space, std::size_t layer, int skip) {
  return concat(space, ".layer", layer, ".skip", skip);
}

std::string cell_label(std::string_view cell, std::size_t node, std::string_view what,
                       std::size_t edge) {
  return concat("cell.", cell, ".node", node, '.', what, edge);
}

std::string bench_label(int input, std::size_t node) {
  return concat("cell.edge", input, "to", node, ".op");
}

Decisions decisions_of(const space::Architecture& architecture) {
  Decisions decisions;
  std::visit(Collect{decisions}, architecture.graph);
  return decisions;
}

std::vector<DecisionChange> compare_decisions(const space::Architecture& before,
                                              const space::Architecture& after) {
  const Decisions first = decisions_of(before);
  const Decisions second = decisions_of(after);
  std::vector<DecisionChange> changes;
  for (const auto& [label, text] : first) {
    const Decision* other = find(second, label);
    if (other == nullptr || other->text != text) {
      changes.push_back({label, text, other == nullptr ? "" : other->text});
    }
  }
  for (const auto& [label, text] : second) {
    if (find(first, label) == nullptr) changes.push_back({label, "", text});
  }
  return changes;
}

}  // namespace mimar::draw
