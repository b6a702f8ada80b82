// to_dot: graphs in graphviz's language.

#include "base/error.h"
#include "draw/graph/graph.h"
#include "space/short_names.h"

namespace mimar::draw {
namespace {

/// A text between double quotes.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : space::printable(text, /*ascii_only=*/false)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string_view shape_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::kEnd:
      return "shape=box, style=\"rounded,filled\", fillcolor=\"#eeeeee\"";
    case NodeKind::kSum:
      return "shape=circle";
    case NodeKind::kOperation:
      break;
  }
  return "shape=box";
}

}  // namespace

std::string to_dot(const std::vector<Graph>& graphs, const std::string& title) {
  std::string out = concat("digraph ", quoted(title), " {\n");
  const bool down = !graphs.empty() && graphs.front().downwards;
  out += concat("  rankdir=", down ? "TB" : "LR",
                ";\n  node [fontname=\"Helvetica\", fontsize=12];\n");
  for (std::size_t g = 0; g < graphs.size(); ++g) {
    const Graph& graph = graphs[g];
    out += concat("  subgraph cluster_", g, " {\n    label=", quoted(graph.title), ";\n");
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      out += concat("    g", g, "n", i, " [label=", quoted(graph.nodes[i].label), ", ",
                    shape_of(graph.nodes[i].kind), "];\n");
    }
    for (const GraphEdge& edge : graph.edges) {
      out += concat("    g", g, "n", edge.from, " -> g", g, "n", edge.to,
                    edge.is_skip ? " [style=dashed]" : "", ";\n");
    }
    out += "  }\n";
  }
  return out + "}\n";
}

}  // namespace mimar::draw
