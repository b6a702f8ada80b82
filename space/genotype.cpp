#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "space/graph_parts.h"
#include "space/primitives.h"
#include "space/published_forms.h"

namespace mimar::space {
namespace {

constexpr int kNumInputs = 2;
constexpr std::size_t kEdgesPerNode = 2;

/// Katib's names of the operations, and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kKatibNames = {{
    {"max_pooling_3x3", "max_pool_3x3"},
    {"avg_pooling_3x3", "avg_pool_3x3"},
    {"skip_connection", "skip_connect"},
    {"separable_convolution_3x3", "sep_conv_3x3"},
    {"separable_convolution_5x5", "sep_conv_5x5"},
    {"dilated_convolution_3x3", "dil_conv_3x3"},
    {"dilated_convolution_5x5", "dil_conv_5x5"},
}};

std::string read_primitive(const std::string& name) {
  try {
    return primitive_of_katib_name(name);
  } catch (const Error& error) {
    fail(error.code(), "genotype: ", error.what());
  }
}

/// Reads the little of Python's notation that genotypes are written in.
class GenotypeParser {
 public:
  explicit GenotypeParser(std::string_view text) : text_(text) {}

  CellArchitecture parse() {
    expect("Genotype");
    expect("(");
    CellArchitecture cells;
    cells.normal = parse_cell("normal");
    expect(",");
    cells.reduce = parse_cell("reduce");
    take(",");
    expect(")");
    skip_spaces();
    if (at_ < text_.size()) reject("the end");
    return cells;
  }

 private:
  Cell parse_cell(std::string_view name) {
    expect(name);
    expect("=");
    Cell cell{kNumInputs, {}};
    std::vector<CellEdge> edges;
    parse_edges(edges, 0);
    if (edges.empty() || edges.size() % kEdgesPerNode != 0) {
      fail(ErrorCode::kInvalidArgument, "genotype: the ", name,
           " cell needs two edges for each node, got ", edges.size(), " in all");
    }
    for (std::size_t i = 0; i < edges.size(); i += kEdgesPerNode) {
      const int node = kNumInputs + static_cast<int>(cell.nodes.size());
      for (std::size_t k = i; k < i + kEdgesPerNode; ++k) {
        require(edges[k].input < node, "genotype: node ", node, " of the ", name,
                " cell cannot read node ", edges[k].input);
      }
      cell.nodes.push_back({edges[i], edges[i + 1]});
    }
    expect(",");
    expect(concat(name, "_concat"));
    expect("=");
    parse_concat(name, static_cast<int>(cell.nodes.size()));
    return cell;
  }

  /// A list of edges, or of lists of edges.
  void parse_edges(std::vector<CellEdge>& edges, int level) {
    expect("[");
    while (!take("]")) {
      skip_spaces();
      if (level == 0 && at_ < text_.size() && text_[at_] == '[') {
        parse_edges(edges, level + 1);
      } else {
        expect("(");
        std::string op = parse_quoted();
        expect(",");
        edges.push_back({parse_number(), read_primitive(op)});
        expect(")");
      }
      require(edges.size() <= kMaxLayers, "genotype: more than ", kMaxLayers, " edges");
      if (!take(",")) {
        expect("]");
        return;
      }
    }
  }

  /// range(2, 6) or [2, 3, 4, 5]; Mimar's cells concatenate every inner node.
  void parse_concat(std::string_view name, int num_nodes) {
    std::vector<int> nodes;
    if (take("range")) {
      expect("(");
      const int first = parse_number();
      expect(",");
      const int end = parse_number();
      expect(")");
      for (int node = first; node < end && nodes.size() <= kMaxLayers; ++node) {
        nodes.push_back(node);
      }
    } else {
      expect("[");
      while (!take("]")) {
        nodes.push_back(parse_number());
        require(nodes.size() <= kMaxLayers, "genotype: ", name, "_concat is too long");
        if (!take(",")) {
          expect("]");
          break;
        }
      }
    }
    std::sort(nodes.begin(), nodes.end());
    bool all = nodes.size() == static_cast<std::size_t>(num_nodes);
    for (int i = 0; all && i < num_nodes; ++i) {
      all = nodes[static_cast<std::size_t>(i)] == kNumInputs + i;
    }
    require(all, "genotype: ", name, "_concat must name every inner node, 2 to ",
            kNumInputs + num_nodes - 1, ": a cell here concatenates them all");
  }

  std::string parse_quoted() {
    skip_spaces();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) reject("a quoted name");
    const char quote = text_[at_];
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) reject("a closed quote");
    std::string name(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return name;
  }

  int parse_number() {
    skip_spaces();
    const std::size_t end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
    const auto number = find_integer(text_.substr(at_, end - at_));
    if (!number || *number > kMaxLayers) reject(concat("a number from 0 to ", kMaxLayers));
    at_ = end;
    return static_cast<int>(*number);
  }

  bool take(std::string_view token) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void expect(std::string_view token) {
    if (!take(token)) reject(concat("\"", token, "\""));
  }

  void skip_spaces() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  [[noreturn]] void reject(std::string_view expected) const {
    fail(ErrorCode::kInvalidArgument, "genotype: expected ", expected, " at byte ", at_, ", got ",
         at_ < text_.size() ? concat("\"", text_.substr(at_, 20), "\"") : "the end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string edges_text(const Cell& cell) {
  std::string text;
  for (const std::vector<CellEdge>& edges : cell.nodes) {
    for (const CellEdge& edge : edges) {
      text += concat(text.empty() ? "" : ", ", "('", edge.op, "', ", edge.input, ")");
    }
  }
  return text;
}

std::string katib_cell_text(std::string_view name, const Cell& cell) {
  std::string nodes;
  for (const std::vector<CellEdge>& edges : cell.nodes) {
    std::string node;
    for (const CellEdge& edge : edges) {
      node += concat(node.empty() ? "" : ",", "('", katib_name_of_primitive(edge.op), "',",
                     edge.input, ")");
    }
    nodes += concat(nodes.empty() ? "" : ",", "[", node, "]");
  }
  return concat(name, "=[", nodes, "],", name, "_concat=range(2,", kNumInputs + cell.nodes.size(),
                ")");
}

}  // namespace

std::string primitive_of_katib_name(const std::string& name) {
  for (const auto& [katib, ours] : kKatibNames) {
    if (name == katib) return std::string(ours);
  }
  require(is_known_primitive(name), unknown_primitive(name));
  return name;
}

std::string katib_name_of_primitive(const std::string& primitive) {
  for (const auto& [katib, ours] : kKatibNames) {
    if (primitive == ours) return std::string(katib);
  }
  return primitive;
}

std::string to_katib_genotype(const CellArchitecture& architecture) {
  require(architecture.kind == CellKind::kDarts, "only DARTS's cells have a genotype");
  return concat("Genotype(", katib_cell_text("normal", architecture.normal), ",",
                katib_cell_text("reduce", architecture.reduce), ")");
}

std::string to_genotype(const CellArchitecture& architecture) {
  require(architecture.kind == CellKind::kDarts, "only DARTS's cells have a genotype");
  const auto concat_of = [](const Cell& cell) {
    return concat("range(2, ", kNumInputs + cell.nodes.size(), ")");
  };
  return concat("Genotype(normal=[", edges_text(architecture.normal),
                "], normal_concat=", concat_of(architecture.normal), ", reduce=[",
                edges_text(architecture.reduce),
                "], reduce_concat=", concat_of(architecture.reduce), ")");
}

CellArchitecture parse_genotype(std::string_view text) { return GenotypeParser(text).parse(); }

}  // namespace mimar::space
