#include "base/error.h"
#include "base/number_text.h"
#include "space/graph_parts.h"
#include "space/primitives.h"
#include "space/published_forms.h"

namespace mimar::space {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

CellEdge parse_edge(std::string_view text, int input) {
  const std::size_t tilde = text.rfind('~');
  require(tilde != std::string_view::npos && find_integer(text.substr(tilde + 1)) == input,
          "NAS-Bench-201 string: expected an operation and \"~", input, "\", got \"", text, "\"");
  const std::string op(text.substr(0, tilde));
  require(is_known_primitive(op), "NAS-Bench-201 string: ", unknown_primitive(op));
  return {input, op};
}

}  // namespace

std::string to_nasbench201_string(const CellArchitecture& architecture) {
  require(architecture.kind == CellKind::kNasBench201, "only NAS-Bench-201 cells have its string");
  std::string text;
  for (const std::vector<CellEdge>& edges : architecture.normal.nodes) {
    text += text.empty() ? "|" : "+|";
    for (const CellEdge& edge : edges) text += concat(edge.op, "~", edge.input, "|");
  }
  return text;
}

CellArchitecture parse_nasbench201_string(std::string_view text) {
  CellArchitecture cells{.kind = CellKind::kNasBench201};
  cells.normal.num_inputs = 1;
  const std::vector<std::string_view> nodes = split(text, '+');
  require(nodes.size() <= kMaxLayers, "NAS-Bench-201 string: more than ", kMaxLayers, " nodes");
  for (const std::string_view node : nodes) {
    const std::size_t number = cells.normal.nodes.size() + 1;
    const std::vector<std::string_view> parts = split(node, '|');
    require(parts.size() == number + 2 && parts.front().empty() && parts.back().empty(),
            "NAS-Bench-201 string: node ", number, " needs ", number, " edges between bars, got \"",
            node, "\"");
    std::vector<CellEdge> edges;
    for (std::size_t i = 0; i < number; ++i) {
      edges.push_back(parse_edge(parts[i + 1], static_cast<int>(i)));
    }
    cells.normal.nodes.push_back(std::move(edges));
  }
  return cells;
}

}  // namespace mimar::space
