#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "space/architecture.h"
#include "space/graph_space.h"
#include "space/search_space.h"
#include "tests/space/enumerate.h"
#include "tests/space/networks.h"

namespace mimar::space {
namespace {

/// The cell with inner node i renamed to order[i]; nothing when that lets a node read a later one.
std::optional<Cell> renamed(const Cell& cell, const std::vector<int>& order) {
  Cell result{cell.num_inputs, std::vector<std::vector<CellEdge>>(cell.nodes.size())};
  const auto new_name = [&](int node) {
    return node < cell.num_inputs
               ? node
               : cell.num_inputs + order[static_cast<std::size_t>(node - cell.num_inputs)];
  };
  for (std::size_t i = 0; i < cell.nodes.size(); ++i) {
    std::vector<CellEdge>& edges = result.nodes[static_cast<std::size_t>(order[i])];
    for (const CellEdge& edge : cell.nodes[i]) {
      if (new_name(edge.input) >= new_name(cell.num_inputs + static_cast<int>(i))) {
        return std::nullopt;
      }
      edges.push_back({new_name(edge.input), edge.op});
    }
  }
  return result;
}

Cell with_sorted_edges(Cell cell) {
  for (std::vector<CellEdge>& edges : cell.nodes) {
    std::sort(edges.begin(), edges.end(), [](const CellEdge& a, const CellEdge& b) {
      return std::tie(a.input, a.op) < std::tie(b.input, b.op);
    });
  }
  return cell;
}

/// The naive way: tries every order of the inner nodes.
bool brute_force_isomorphic(const Cell& a, const Cell& b) {
  std::vector<int> order(a.nodes.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    const std::optional<Cell> other = renamed(a, order);
    if (other && with_sorted_edges(*other) == with_sorted_edges(b)) return true;
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

Architecture network(CellKind kind, Cell cell) {
  return {CellArchitecture{.kind = kind, .normal = cell, .reduce = std::move(cell)}};
}

Cell normal_cell(const Architecture& architecture) {
  return std::get<CellArchitecture>(architecture.graph).normal;
}

TEST(Isomorphism, AgreesWithTryingEveryOrder) {
  int equal = 0;
  for (const CellKind kind : {CellKind::kDarts, CellKind::kEnasMicro}) {
    const CellSpace space{
        .kind = kind, .primitives = {"skip_connect", "sep_conv_3x3"}, .num_nodes = 3};
    std::vector<Cell> cells;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      Rng rng(seed);
      cells.push_back(normal_cell(draw(space, rng)));
      // Chance alone hardly gives a pair: add the cell under another name, where it has one.
      const std::optional<Cell> other = renamed(
          cells.back(), seed % 2 == 0 ? std::vector<int>{1, 0, 2} : std::vector<int>{0, 2, 1});
      if (other) cells.push_back(*other);
    }
    for (const Cell& a : cells) {
      for (const Cell& b : cells) {
        const bool expected = brute_force_isomorphic(a, b);
        ASSERT_EQ(is_isomorphic(network(kind, a), network(kind, b)), expected);
        ASSERT_EQ(architecture_hash(network(kind, a)) == architecture_hash(network(kind, b)),
                  expected);
        equal += expected && !(a == b) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(equal, 10);  // the comparison saw unequal listings of equal cells
}

TEST(Isomorphism, HoldsUnderEveryLegalRenamingOfFullCells) {
  for (const CellKind kind : {CellKind::kDarts, CellKind::kEnasMicro}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Rng rng(seed);
      const Cell cell = normal_cell(draw(CellSpace{.kind = kind}, rng));
      const std::string hash = architecture_hash(network(kind, cell));
      std::vector<int> order(cell.nodes.size());
      std::iota(order.begin(), order.end(), 0);
      do {
        std::optional<Cell> other = renamed(cell, order);
        if (!other) continue;
        for (std::vector<CellEdge>& edges : other->nodes) std::swap(edges[0], edges[1]);
        ASSERT_EQ(architecture_hash(network(kind, *other)), hash) << "seed " << seed;
      } while (std::next_permutation(order.begin(), order.end()));
    }
  }
}

TEST(Isomorphism, TellsSizesKindsAndCellsApart) {
  Rng rng(1);
  const CellArchitecture cells =
      std::get<CellArchitecture>(draw(CellSpace{.kind = CellKind::kDarts}, rng).graph);
  std::set<std::string> hashes = {architecture_hash({cells})};
  for (int change = 0; change < 4; ++change) {
    CellArchitecture other = cells;
    if (change == 0) other.num_cells += 1;
    if (change == 1) other.init_channels += 1;
    if (change == 2) other.kind = CellKind::kEnasMicro;
    if (change == 3) std::swap(other.normal, other.reduce);
    EXPECT_FALSE(is_isomorphic({cells}, {other})) << change;
    hashes.insert(architecture_hash({other}));
  }
  EXPECT_EQ(hashes.size(), 5U);
}

// Dong & Yang, NAS-Bench-201, ICLR 2020: 6,466 distinct cells among the 15,625.
TEST(Isomorphism, FindsTheDistinctCellsOfNasBench201) {
  const CellSpace space{.kind = CellKind::kNasBench201};
  const SearchSpace decisions(expand(space));
  std::set<std::string> hashes;
  std::size_t cells = 0;
  for (const Assignment& assignment : enumerate(decisions)) {
    hashes.insert(architecture_hash(decode(space, assignment)));
    ++cells;
  }
  EXPECT_EQ(cells, 15'625U);
  EXPECT_EQ(hashes.size(), 6'466U);
}

TEST(Isomorphism, SimplifiesNoneAndSkip) {
  const auto cell = [](std::vector<std::string> ops) {
    return network(
        CellKind::kNasBench201,
        {1, {{{0, ops[0]}}, {{0, ops[1]}, {1, ops[2]}}, {{0, ops[3]}, {1, ops[4]}, {2, ops[5]}}}});
  };
  const std::string none = "none";
  const std::string skip = "skip_connect";
  const std::string conv = "nor_conv_3x3";
  // conv on the direct edge, or through node 1.
  EXPECT_TRUE(is_isomorphic(cell({none, none, none, conv, none, none}),
                            cell({conv, none, none, none, skip, none})));
  // An edge that reads a node of `none` alone is zero, whatever it does.
  EXPECT_TRUE(is_isomorphic(cell({none, none, conv, none, conv, none}),
                            cell({none, none, none, none, skip, none})));
  // The authors' rule leaves zeros in sums: node 2 is the input here, but as the sum 0 + input.
  EXPECT_FALSE(is_isomorphic(cell({none, none, none, conv, none, none}),
                             cell({skip, none, skip, none, none, conv})));
  // Twice the same is not once.
  EXPECT_FALSE(is_isomorphic(cell({none, none, none, conv, none, none}),
                             cell({skip, none, none, conv, conv, none})));
}

TEST(Isomorphism, ComparesChainsAndMacroNetworksAsTheyAreWritten) {
  for (const GraphSpace& space : one_graph_space_of_each_kind()) {
    if (std::holds_alternative<CellSpace>(space)) continue;
    Rng rng(4);
    const Architecture a = draw(space, rng);
    const Architecture b = draw(space, rng);
    EXPECT_TRUE(is_isomorphic(a, a));
    EXPECT_FALSE(is_isomorphic(a, b));
    EXPECT_EQ(architecture_hash(a).size(), 16U);
    EXPECT_NE(architecture_hash(a), architecture_hash(b));
  }
}

TEST(Isomorphism, StaysQuickOnCellsThatAreMeantToBeSlow) {
  // 400 nodes that tie at every step, and a dense cell whose text would double with each node.
  Cell wide{2, {}};
  for (int i = 0; i < 400; ++i) wide.nodes.push_back({{0, "skip_connect"}, {1, "skip_connect"}});
  for (int i = 0; i < 200; ++i) wide.nodes[static_cast<std::size_t>(i + 200)][0].input = i + 2;
  EXPECT_EQ(architecture_hash(network(CellKind::kDarts, wide)).size(), 16U);
  Cell dense{1, {}};
  for (int node = 1; node <= 100; ++node) {
    dense.nodes.emplace_back();
    for (int input = 0; input < node; ++input) {
      dense.nodes.back().push_back({input, input % 2 == 0 ? "skip_connect" : "nor_conv_3x3"});
    }
  }
  EXPECT_EQ(architecture_hash(network(CellKind::kNasBench201, dense)).size(), 16U);
}

}  // namespace
}  // namespace mimar::space
