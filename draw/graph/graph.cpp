// graphs_of: architectures as boxes and arrows.

#include "draw/graph/graph.h"

#include <utility>

#include "base/error.h"
#include "draw/decisions.h"
#include "space/short_names.h"

namespace mimar::draw {
namespace {

std::string sizes_text(const std::vector<int>& sizes) {
  std::string text;
  for (const int size : sizes) text += concat(text.empty() ? "" : "×", size);
  return text;
}

std::size_t add_node(Graph& graph, GraphNode node) {
  graph.nodes.push_back(std::move(node));
  return graph.nodes.size() - 1;
}

/// Layer by layer: each reads the one before and its skips. Node 0 is the input, layer i node i +
/// 1, so a skip's number is its source's node.
void add_layer(Graph& graph, std::string_view space, std::string label,
               std::vector<std::string> decisions, const std::vector<int>& skips) {
  const std::size_t layer = graph.nodes.size() - 1;
  const std::size_t node =
      add_node(graph, {std::move(label), NodeKind::kOperation, std::move(decisions)});
  graph.edges.push_back({.from = node - 1, .to = node});
  for (const int skip : skips) {
    graph.edges.push_back({.from = static_cast<std::size_t>(skip),
                           .to = node,
                           .is_skip = true,
                           .decisions = {skip_label(space, layer, skip)}});
  }
}

void add_output(Graph& graph, std::string label) {
  const std::size_t node = add_node(graph, {std::move(label), NodeKind::kEnd});
  graph.edges.push_back({.from = node - 1, .to = node});
}

/// Nodes of a cell that lead to its output: all inner ones, or those that nobody reads.
std::vector<bool> loose_ends(const space::CellArchitecture& cells, const space::Cell& cell) {
  const auto inputs = static_cast<std::size_t>(cell.num_inputs);
  std::vector<bool> loose(inputs + cell.nodes.size(), true);
  for (std::size_t i = 0; i < inputs; ++i) loose[i] = cells.kind == space::CellKind::kEnasMicro;
  if (cells.kind == space::CellKind::kDarts) return loose;
  for (const auto& node : cell.nodes) {
    for (const space::CellEdge& edge : node) loose[static_cast<std::size_t>(edge.input)] = false;
  }
  return loose;
}

class CellGraph {
 public:
  CellGraph(const space::CellArchitecture& cells, const space::Cell& cell, std::string_view name)
      : cells_(cells), cell_(cell), name_(name) {}

  Graph make(std::string title) {
    graph_.title = std::move(title);
    add_inputs();
    for (std::size_t i = 0; i < cell_.nodes.size(); ++i) {
      const std::size_t number = state_.size();
      const std::size_t node = add_node(graph_, {std::to_string(number), NodeKind::kSum, {}});
      for (std::size_t e = 0; e < cell_.nodes[i].size(); ++e) add_edge(i, e, number, node);
      state_.push_back(node);
    }
    add_cell_output();
    return std::move(graph_);
  }

 private:
  bool is_bench() const { return cells_.kind == space::CellKind::kNasBench201; }

  void add_inputs() {
    for (int i = 0; i < cell_.num_inputs; ++i) {
      std::string label =
          is_bench() ? "input 0" : concat(i, i == 0 ? ": cell before last" : ": last cell");
      state_.push_back(add_node(graph_, {std::move(label), NodeKind::kEnd, {}}));
    }
  }

  /// An edge with its operation: two arrows and a box between.
  void add_edge(std::size_t i, std::size_t e, std::size_t number, std::size_t node) {
    const space::CellEdge& edge = cell_.nodes[i][e];
    std::vector<std::string> decisions;
    if (is_bench()) {
      decisions = {bench_label(edge.input, number)};
    } else {
      decisions = {cell_label(name_, number, "op", e), cell_label(name_, number, "input", e)};
    }
    const std::size_t box = add_node(graph_, {edge.op, NodeKind::kOperation, decisions});
    const bool is_none = edge.op == "none";
    graph_.edges.push_back(
        {state_.at(static_cast<std::size_t>(edge.input)), box, is_none, decisions});
    graph_.edges.push_back({box, node, is_none, {}});
  }

  void add_cell_output() {
    const std::size_t out =
        add_node(graph_, {is_bench() ? "output" : "output: concat", NodeKind::kEnd, {}});
    if (is_bench()) {
      graph_.edges.push_back({state_.back(), out, false, {}});
      return;
    }
    const std::vector<bool> loose = loose_ends(cells_, cell_);
    for (std::size_t i = 0; i < loose.size(); ++i) {
      if (loose[i]) graph_.edges.push_back({state_[i], out, false, {}});
    }
  }

  const space::CellArchitecture& cells_;
  const space::Cell& cell_;
  std::string name_;
  Graph graph_;
  std::vector<std::size_t> state_;  // the graph's node for each of the cell's
};

struct Draw {
  std::vector<Graph> operator()(const space::ChainArchitecture& chain) const {
    Graph graph{.title = "chain", .nodes = {}, .edges = {}, .downwards = true};
    add_node(graph, {"input " + sizes_text(chain.input_sizes), NodeKind::kEnd, {}});
    for (std::size_t i = 0; i < chain.layers.size(); ++i) {
      const auto& [operation, skips] = chain.layers[i];
      std::vector<std::string> decisions = {op_label("chain", i)};
      for (const auto& [name, text] : operation.parameters) {
        decisions.push_back(op_label("chain", i) + '.' + name);
      }
      add_layer(graph, "chain", concat(i, "  ", space::short_name(operation, "·", false)),
                std::move(decisions), skips);
    }
    add_output(graph, "output " + sizes_text(chain.output_sizes));
    return {std::move(graph)};
  }

  std::vector<Graph> operator()(const space::CellArchitecture& cells) const {
    if (cells.kind == space::CellKind::kNasBench201) {
      return {CellGraph(cells, cells.normal, "normal").make("cell")};
    }
    return {CellGraph(cells, cells.normal, "normal").make("normal cell"),
            CellGraph(cells, cells.reduce, "reduce").make("reduction cell")};
  }

  std::vector<Graph> operator()(const space::MacroArchitecture& macro) const {
    Graph graph{.title = "macro", .nodes = {}, .edges = {}, .downwards = true};
    add_node(graph, {concat("stem, ", macro.init_channels, " channels"), NodeKind::kEnd, {}});
    for (std::size_t i = 0; i < macro.layers.size(); ++i) {
      add_layer(graph, "macro", concat(i, "  ", macro.layers[i].op), {op_label("macro", i)},
                macro.layers[i].skips);
    }
    add_output(graph, "classifier");
    return {std::move(graph)};
  }
};

}  // namespace

std::vector<Graph> graphs_of(const space::Architecture& architecture) {
  return std::visit(Draw{}, architecture.graph);
}

}  // namespace mimar::draw
