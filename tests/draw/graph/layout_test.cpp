#include "draw/graph/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "tests/space/networks.h"

namespace mimar::draw {
namespace {

using testing::ElementsAre;

Graph graph_of(std::size_t nodes, std::vector<GraphEdge> edges) {
  Graph graph{.title = "", .nodes = std::vector<GraphNode>(nodes), .edges = std::move(edges)};
  for (GraphNode& node : graph.nodes) node.kind = NodeKind::kSum;
  return graph;
}

TEST(Layout, LayersByTheLongestPath) {
  const Graph graph = graph_of(5, {{0, 1}, {1, 2}, {0, 2}, {2, 4}, {0, 3}, {3, 4}});
  EXPECT_THAT(layers_of(graph), ElementsAre(0, 1, 2, 1, 3));
}

TEST(Layout, PutsAnOperationBesideWhereItLeads) {
  Graph graph = graph_of(5, {{0, 1}, {1, 2}, {2, 4}, {0, 3}, {3, 4}});
  graph.nodes[3].kind = NodeKind::kOperation;
  EXPECT_THAT(layers_of(graph), ElementsAre(0, 1, 2, 2, 3));
}

// Pool adjacent violators by hand: 1 and 0 pool to 0.5 each before the gap of 2.
TEST(Layout, SpreadsPlacesByLeastSquares) {
  EXPECT_THAT(spread_out({0.0, 10.0}, {2.0}), ElementsAre(0.0, 10.0));
  EXPECT_THAT(spread_out({5.0, 5.0}, {2.0}), ElementsAre(4.0, 6.0));
  EXPECT_THAT(spread_out({0.0, 0.0, 0.0}, {3.0, 3.0}), ElementsAre(-3.0, 0.0, 3.0));
  EXPECT_THAT(spread_out({0.0, 9.0, 9.0}, {1.0, 2.0}), ElementsAre(0.0, 8.0, 10.0));
}

TEST(Layout, UncrossesWhatCanBeUncrossed) {
  const Graph graph = graph_of(4, {{0, 3}, {1, 2}});
  const Layout layout = lay_out(graph, std::vector<BoxSize>(4, {10.0, 10.0}));
  EXPECT_LT((layout.nodes[0].across - layout.nodes[1].across) *
                (layout.nodes[3].across - layout.nodes[2].across) * -1.0,
            0.0);
}

/// Boxes of one layer keep clear of each other and of the drawing's rim, arrows lead forwards.
TEST(Layout, KeepsBoxesApartForEverySpace) {
  for (const space::GraphSpace& space : space::one_graph_space_of_each_kind()) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      SCOPED_TRACE(testing::Message() << "space " << space.index() << " seed " << seed);
      Rng rng(seed);
      for (const Graph& graph : graphs_of(space::draw(space, rng))) {
        const std::vector<BoxSize> sizes(graph.nodes.size(), {40.0, 20.0});
        const Layout layout = lay_out(graph, sizes);
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
          EXPECT_GE(layout.nodes[i].across, 10.0 - 1e-6);
          EXPECT_LE(layout.nodes[i].across, layout.width - 10.0 + 1e-6);
          for (std::size_t j = 0; j < i; ++j) {
            const bool clear = std::abs(layout.nodes[i].across - layout.nodes[j].across) > 20.0 ||
                               std::abs(layout.nodes[i].along - layout.nodes[j].along) > 40.0;
            EXPECT_TRUE(clear) << i << " on " << j;
          }
        }
        for (const GraphEdge& edge : graph.edges) {
          EXPECT_LT(layout.nodes[edge.from].along, layout.nodes[edge.to].along);
        }
      }
    }
  }
}

}  // namespace
}  // namespace mimar::draw
