#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"

namespace mimar::space {

/// One operation with its settings, for example {"convolution", {{"filter_size", "3"}, ...}}.
struct Operation {
  std::string type = {};
  std::map<std::string, std::string> parameters = {};

  bool operator==(const Operation&) const = default;
};

/// Layer i of a chain or macro network always reads the layer before it (layer 0 the input). A
/// skip names a further source by its number: 0 is the network's input (the stem in a macro
/// network), k > 0 the output of the k-th layer, that is layer k - 1. So skips of layer i lie in
/// 0..i-1 (Katib's and ENAS's numbering), ascending.
struct ChainLayer {
  Operation operation = {};
  std::vector<int> skips = {};

  bool operator==(const ChainLayer&) const = default;
};

/// Katib's chain of layers (nasConfig.graphConfig and operations).
struct ChainArchitecture {
  std::vector<int> input_sizes = {};   // height, width, channels
  std::vector<int> output_sizes = {};  // one number: classes
  std::vector<ChainLayer> layers = {};

  bool operator==(const ChainArchitecture&) const = default;
};

/// One operation on one earlier node of a cell.
struct CellEdge {
  int input = 0;
  std::string op = {};

  bool operator==(const CellEdge&) const = default;
};

/// Nodes 0 .. num_inputs-1 are the cell's inputs; nodes[j] is node num_inputs + j, the sum of its
/// edges. DARTS and ENAS micro cells have two inputs and two edges a node, a NAS-Bench-201 cell
/// one input and an edge from every earlier node.
struct Cell {
  int num_inputs = 2;
  std::vector<std::vector<CellEdge>> nodes = {};

  bool operator==(const Cell&) const = default;
};

enum class CellKind : std::uint8_t { kDarts, kEnasMicro, kNasBench201 };

/// The kind's name in files: "darts", "enas-micro", "nasbench201".
std::string_view to_string(CellKind kind);

/// The inverse of to_string; nothing for any other name.
std::optional<CellKind> find_cell_kind(std::string_view name);

/// A network of stacked cells. `reduce` is empty for NAS-Bench-201, whose reduction is fixed.
struct CellArchitecture {
  CellKind kind = CellKind::kDarts;
  int num_cells = 8;
  int init_channels = 16;
  Cell normal = {};
  Cell reduce = {};

  bool operator==(const CellArchitecture&) const = default;
};

/// One layer of ENAS's macro space; skips as in ChainLayer.
struct MacroLayer {
  std::string op = {};
  std::vector<int> skips = {};

  bool operator==(const MacroLayer&) const = default;
};

struct MacroArchitecture {
  int init_channels = 36;
  std::vector<MacroLayer> layers = {};

  bool operator==(const MacroArchitecture&) const = default;
};

/// A network as plain data: what a proposal decodes to, what `mimar-train --network` reads, what
/// `mimar arch show` draws.
///
/// operator== compares literally. Use `is_isomorphic` for networks that compute the same.
struct Architecture {
  std::variant<ChainArchitecture, CellArchitecture, MacroArchitecture> graph;

  bool operator==(const Architecture&) const = default;
};

/// Version of the JSON form; see docs/formats/architecture.md and architecture_schema().
inline constexpr int kArchitectureVersion = 1;

/// The JSON form: {"version":1,"space":"chain",...}. Holds no single quote when dumped with
/// to_line, so that it may stand between single quotes in a shell.
Json to_json(const Architecture& architecture);

/// One line of JSON, single quotes written \u0027.
std::string to_line(const Architecture& architecture);

/// Reads the JSON form. Input is untrusted: sizes are bounded (at most 1,000 layers or nodes).
/// Errors: kInvalidArgument with the path of the fault, for example "layers[3].skips[0]: ...".
Architecture parse_architecture(std::string_view text);

/// JSON Schema (draft 2020-12) of the JSON form.
Json architecture_schema();

/// 16 hexadecimal digits, equal for isomorphic architectures.
std::string architecture_hash(const Architecture& architecture);

/// True when both compute the same function of their weights up to the order in which nodes and
/// the edges of a node are listed (cells), or for NAS-Bench-201 up to the simplification of
/// `none` and `skip_connect` edges that gives its 6,466 distinct cells.
bool is_isomorphic(const Architecture& a, const Architecture& b);

/// One short line for lists and progress, such as "conv3x3·sep5x5·max2".
std::string summary(const Architecture& architecture, bool utf8 = true);

/// A drawing in text of at most `width` columns. `utf8` allows box glyphs; else ASCII only.
std::string draw_text(const Architecture& architecture, int width = 80, bool utf8 = true);

}  // namespace mimar::space
