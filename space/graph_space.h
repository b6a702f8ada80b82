#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "space/architecture.h"
#include "space/parameter.h"
#include "space/value.h"

namespace mimar::space {

/// One operation a chain layer may choose, with the parameters it brings along; their labels are
/// "chain.layer3.op.filter_size", active while that layer chose this operation's type. Operations
/// that share a parameter name must be of different types; each gets the parameter under its own
/// condition (the label then carries one domain per layer only if all agree, else the constructor
/// of ChainSpace says so).
struct OperationChoice {
  std::string type = {};
  std::vector<Parameter> parameters = {};

  bool operator==(const OperationChoice&) const = default;
};

/// Katib's nasConfig.graphConfig with operations; without sizes no network can be built from it.
/// Labels: chain.layer3.op, chain.layer3.op.filter_size, chain.layer3.skip1 (values "0", "1").
struct ChainSpace {
  int num_layers = 1;
  std::vector<int> input_sizes = {};
  std::vector<int> output_sizes = {};
  std::vector<OperationChoice> operations = {};

  bool operator==(const ChainSpace&) const = default;
};

/// Cells of DARTS, ENAS (micro) or NAS-Bench-201, stacked into a network.
/// Labels: cell.normal.node2.input0, cell.normal.node2.op0, cell.reduce...; for NAS-Bench-201
/// cell.edge0to2.op. Nodes are numbered with the inputs first.
struct CellSpace {
  CellKind kind = CellKind::kDarts;
  std::vector<std::string> primitives = {};  // empty: the space's own list
  int num_nodes = 0;  // 0: the space's own (DARTS 4 and ENAS 5 inner nodes, NB201 4 in all)
  int num_cells = 8;
  int init_channels = 16;

  bool operator==(const CellSpace&) const = default;
};

/// ENAS's macro space. Labels: macro.layer4.op, macro.layer4.skip2 (values "0", "1").
struct MacroSpace {
  std::vector<std::string> primitives = {};  // empty: ENAS's six
  int num_layers = 12;
  bool skip_connections = true;
  int init_channels = 36;

  bool operator==(const MacroSpace&) const = default;
};

/// A family of networks that expands into decisions and decodes a choice of them back.
using GraphSpace = std::variant<ChainSpace, CellSpace, MacroSpace>;

/// The space's own primitives: DARTS's eight without `none` choices for discrete search are
/// described at each space in docs/explanation/search-spaces.md.
std::vector<std::string> default_primitives(CellKind kind);

/// Expands into parameters of role kArchitecture, in the order in which a controller would decide.
/// Errors: kInvalidArgument, naming every fault of the space.
std::vector<Parameter> expand(const GraphSpace& space);

/// Turns the architecture part of an assignment (other names are ignored) into the network.
/// Errors: kInvalidArgument when a decision is missing or none of the space's.
Architecture decode(const GraphSpace& space, const Assignment& assignment);

/// The inverse of decode, for importing networks.
/// Errors: kInvalidArgument when the architecture is not of this space, saying why.
Assignment encode(const GraphSpace& space, const Architecture& architecture);

/// Katib's two strings for a chain: `architecture` ("[[op],[op, s0],...]") and `nn_config`, in
/// Katib's numbering of operations (every combination of one operation's parameter values is one
/// id), with every double quote replaced by a single one.
/// Errors: kInvalidArgument when an operation's parameter is continuous.
struct KatibStrings {
  std::string architecture = {};
  std::string nn_config = {};
};
KatibStrings to_katib_strings(const ChainSpace& space, const Architecture& architecture);

/// Reads Katib's two strings, as a trial gets them; quotes may be single or double. Input is
/// untrusted: sizes are bounded as in parse_architecture.
/// Errors: kInvalidArgument, saying which string departs from the form, and where.
ChainArchitecture parse_katib_strings(const KatibStrings& strings);

}  // namespace mimar::space
