#include <algorithm>

#include "base/error.h"
#include "space/graph_parts.h"
#include "space/primitives.h"
#include "space/published_forms.h"

namespace mimar::space {
namespace {

constexpr int kNumInputs = 2;
constexpr std::size_t kNumbersPerNode = 4;

const std::vector<std::string>& micro_primitives() {
  static const std::vector<std::string> names = default_primitives(CellKind::kEnasMicro);
  return names;
}

int number_of(const std::vector<std::string>& operations, const std::string& op) {
  const auto found = std::find(operations.begin(), operations.end(), op);
  require(found != operations.end(), "ENAS has no number for operation \"", op, "\"");
  return static_cast<int>(found - operations.begin());
}

/// The number at `place`, which must be below `end`.
int get_number(std::span<const int> sequence, std::size_t place, std::size_t end) {
  const int number = sequence[place];
  require(number >= 0 && static_cast<std::size_t>(number) < end, "ENAS sequence, place ", place,
          ": must be from 0 to ", end - 1, ", got ", number);
  return number;
}

}  // namespace

std::vector<int> to_enas_sequence(const Cell& cell) {
  std::vector<int> sequence;
  for (const std::vector<CellEdge>& edges : cell.nodes) {
    require(2 * edges.size() == kNumbersPerNode, "a node of an ENAS cell has two edges, got ",
            edges.size());
    for (const CellEdge& edge : edges) {
      sequence.push_back(edge.input);
      sequence.push_back(number_of(micro_primitives(), edge.op));
    }
  }
  return sequence;
}

Cell parse_enas_cell(std::span<const int> sequence) {
  require(!sequence.empty() && sequence.size() % kNumbersPerNode == 0 &&
              sequence.size() <= kNumbersPerNode * kMaxLayers,
          "an ENAS cell is four numbers a node, got ", sequence.size(), " numbers");
  Cell cell{kNumInputs, {}};
  for (std::size_t place = 0; place < sequence.size(); place += kNumbersPerNode) {
    std::vector<CellEdge> edges;
    for (std::size_t edge = place; edge < place + kNumbersPerNode; edge += 2) {
      const int input = get_number(sequence, edge, kNumInputs + cell.nodes.size());
      const int op = get_number(sequence, edge + 1, micro_primitives().size());
      edges.push_back({input, micro_primitives()[static_cast<std::size_t>(op)]});
    }
    cell.nodes.push_back(std::move(edges));
  }
  return cell;
}

std::vector<int> to_enas_sequence(const MacroArchitecture& architecture) {
  std::vector<int> sequence;
  for (std::size_t i = 0; i < architecture.layers.size(); ++i) {
    const auto& [op, skips] = architecture.layers[i];
    sequence.push_back(number_of(macro_primitives(), op));
    for (int k = 0; k < static_cast<int>(i); ++k) {
      sequence.push_back(std::count(skips.begin(), skips.end(), k) > 0 ? 1 : 0);
    }
  }
  return sequence;
}

MacroArchitecture parse_enas_macro(std::span<const int> sequence) {
  MacroArchitecture macro;
  std::size_t place = 0;
  while (place < sequence.size()) {
    const std::size_t layer = macro.layers.size();
    require(layer < kMaxLayers && sequence.size() - place > layer, "ENAS sequence: layer ", layer,
            " needs ", layer + 1, " numbers, got ", sequence.size() - place);
    const int op = get_number(sequence, place, macro_primitives().size());
    MacroLayer chosen{macro_primitives()[static_cast<std::size_t>(op)], {}};
    for (std::size_t k = 0; k < layer; ++k) {
      if (get_number(sequence, place + 1 + k, 2) == 1) chosen.skips.push_back(static_cast<int>(k));
    }
    macro.layers.push_back(std::move(chosen));
    place += layer + 1;
  }
  require(!macro.layers.empty(), "an ENAS sequence needs at least one number");
  return macro;
}

}  // namespace mimar::space
