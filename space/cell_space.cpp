#include <algorithm>

#include "base/error.h"
#include "space/graph_parts.h"
#include "space/primitives.h"

namespace mimar::space {
namespace {

constexpr int kMaxNodes = 64;
constexpr int kNumInputs = 2;     // of DARTS's and ENAS's cells
constexpr int kEdgesPerNode = 2;  // likewise

bool is_nasbench201(const CellSpace& space) { return space.kind == CellKind::kNasBench201; }

std::vector<std::string> operations_of(const CellSpace& space) {
  return chosen_primitives(space.primitives, default_primitives(space.kind), is_nasbench201(space));
}

/// Inner nodes of a cell, whatever num_nodes counts.
int num_inner_nodes(const CellSpace& space) {
  switch (space.kind) {
    case CellKind::kDarts:
      return space.num_nodes == 0 ? 4 : space.num_nodes;
    case CellKind::kEnasMicro:
      return space.num_nodes == 0 ? 5 : space.num_nodes;
    case CellKind::kNasBench201:
      return (space.num_nodes == 0 ? 4 : space.num_nodes) - 1;
  }
  return 0;
}

std::string node_prefix(const char* cell, int node) { return concat("cell.", cell, ".node", node); }

std::string edge_label(int from, int to) { return concat("cell.edge", from, "to", to, ".op"); }

/// The nodes an edge of `node` may read: all earlier ones, but DARTS's two edges read different
/// nodes and are written in order, which leaves the last one to the second edge.
OrdinalDomain input_domain(CellKind kind, int node, int edge) {
  const bool ordered = kind == CellKind::kDarts;
  const int first = ordered ? edge : 0;
  const int end = ordered && edge == 0 ? node - 1 : node;
  OrdinalDomain domain;
  for (int input = first; input < end; ++input) domain.values.push_back(std::to_string(input));
  return domain;
}

void append_cell(const CellSpace& space, const char* cell, std::vector<Parameter>& decisions) {
  const std::vector<std::string> operations = operations_of(space);
  for (int node = kNumInputs; node < kNumInputs + num_inner_nodes(space); ++node) {
    const std::string prefix = node_prefix(cell, node);
    for (int edge = 0; edge < kEdgesPerNode; ++edge) {
      Parameter input{.name = concat(prefix, ".input", edge),
                      .domain = input_domain(space.kind, node, edge),
                      .role = Role::kArchitecture};
      if (space.kind == CellKind::kDarts && edge == 1) input.above = prefix + ".input0";
      decisions.push_back(std::move(input));
    }
    for (int edge = 0; edge < kEdgesPerNode; ++edge) {
      decisions.push_back(choice_decision(concat(prefix, ".op", edge), operations));
    }
  }
}

Cell decode_cell(const CellSpace& space, const char* name, const Assignment& assignment) {
  const CategoricalDomain operations{operations_of(space)};
  Cell cell{kNumInputs, {}};
  for (int node = kNumInputs; node < kNumInputs + num_inner_nodes(space); ++node) {
    const std::string prefix = node_prefix(name, node);
    std::vector<CellEdge> edges;
    for (int edge = 0; edge < kEdgesPerNode; ++edge) {
      const std::string input = get_decision(assignment, concat(prefix, ".input", edge),
                                             input_domain(space.kind, node, edge));
      edges.push_back(
          {std::stoi(input), get_decision(assignment, concat(prefix, ".op", edge), operations)});
    }
    require(space.kind != CellKind::kDarts || edges[0].input < edges[1].input, prefix,
            ".input1 must exceed input0, got ", edges[1].input, " and ", edges[0].input);
    cell.nodes.push_back(std::move(edges));
  }
  return cell;
}

Cell decode_nasbench201(const CellSpace& space, const Assignment& assignment) {
  const CategoricalDomain operations{operations_of(space)};
  Cell cell{1, {}};
  for (int node = 1; node <= num_inner_nodes(space); ++node) {
    std::vector<CellEdge> edges;
    for (int input = 0; input < node; ++input) {
      edges.push_back({input, get_decision(assignment, edge_label(input, node), operations)});
    }
    cell.nodes.push_back(std::move(edges));
  }
  return cell;
}

void require_size(const Cell& cell, int num_inputs, int num_nodes, std::string_view name) {
  require(cell.num_inputs == num_inputs && cell.nodes.size() == static_cast<std::size_t>(num_nodes),
          "the ", name, " cell has ", cell.num_inputs, " inputs and ", cell.nodes.size(),
          " nodes, the space ", num_inputs, " and ", num_nodes);
}

void encode_cell(const CellSpace& space, const char* name, const Cell& cell,
                 Assignment& assignment) {
  require_size(cell, kNumInputs, num_inner_nodes(space), name);
  for (int node = kNumInputs; node < kNumInputs + num_inner_nodes(space); ++node) {
    const std::string prefix = node_prefix(name, node);
    std::vector<CellEdge> edges = cell.nodes[static_cast<std::size_t>(node - kNumInputs)];
    require(edges.size() == kEdgesPerNode, prefix, " must have ", kEdgesPerNode, " edges, got ",
            edges.size());
    if (space.kind == CellKind::kDarts) {
      std::stable_sort(edges.begin(), edges.end(),
                       [](const CellEdge& a, const CellEdge& b) { return a.input < b.input; });
      require(edges[0].input < edges[1].input, prefix, " reads node ", edges[0].input,
              " twice, which DARTS cells cannot");
    }
    for (int edge = 0; edge < kEdgesPerNode; ++edge) {
      const CellEdge& chosen = edges[static_cast<std::size_t>(edge)];
      assignment[concat(prefix, ".input", edge)] = std::to_string(chosen.input);
      assignment[concat(prefix, ".op", edge)] = chosen.op;
    }
  }
}

void encode_nasbench201(const CellSpace& space, const Cell& cell, Assignment& assignment) {
  require_size(cell, 1, num_inner_nodes(space), "normal");
  for (int node = 1; node <= num_inner_nodes(space); ++node) {
    const std::vector<CellEdge>& edges = cell.nodes[static_cast<std::size_t>(node - 1)];
    require(edges.size() == static_cast<std::size_t>(node), "node ", node, " must have ", node,
            " edges, got ", edges.size());
    for (const CellEdge& edge : edges) assignment[edge_label(edge.input, node)] = edge.op;
  }
}

}  // namespace

std::vector<std::string> cell_problems(const CellSpace& space) {
  std::vector<std::string> problems = primitive_problems(space.primitives, is_nasbench201(space));
  if (space.num_nodes != 0) {
    check_range("numNodes", space.num_nodes, is_nasbench201(space) ? 2 : 1, kMaxNodes, problems);
  }
  check_range("numCells", space.num_cells, 1, kMaxLayers, problems);
  check_range("initChannels", space.init_channels, 1, kMaxChannels, problems);
  return problems;
}

std::vector<Parameter> expand_cells(const CellSpace& space) {
  std::vector<Parameter> decisions;
  if (!is_nasbench201(space)) {
    append_cell(space, "normal", decisions);
    append_cell(space, "reduce", decisions);
    return decisions;
  }
  const std::vector<std::string> operations = operations_of(space);
  for (int node = 1; node <= num_inner_nodes(space); ++node) {
    for (int input = 0; input < node; ++input) {
      decisions.push_back(choice_decision(edge_label(input, node), operations));
    }
  }
  return decisions;
}

CellArchitecture decode_cells(const CellSpace& space, const Assignment& assignment) {
  CellArchitecture cells{.kind = space.kind,
                         .num_cells = space.num_cells,
                         .init_channels = space.init_channels,
                         .normal = {},
                         .reduce = {}};
  if (is_nasbench201(space)) {
    cells.normal = decode_nasbench201(space, assignment);
  } else {
    cells.normal = decode_cell(space, "normal", assignment);
    cells.reduce = decode_cell(space, "reduce", assignment);
  }
  return cells;
}

Assignment encode_cells(const CellSpace& space, const CellArchitecture& architecture) {
  require(architecture.kind == space.kind, "the architecture's cells are of another kind");
  require(architecture.num_cells == space.num_cells &&
              architecture.init_channels == space.init_channels,
          "the architecture has ", architecture.num_cells, " cells and ",
          architecture.init_channels, " channels, the space ", space.num_cells, " and ",
          space.init_channels);
  Assignment assignment;
  if (is_nasbench201(space)) {
    encode_nasbench201(space, architecture.normal, assignment);
  } else {
    encode_cell(space, "normal", architecture.normal, assignment);
    encode_cell(space, "reduce", architecture.reduce, assignment);
  }
  return assignment;
}

}  // namespace mimar::space
