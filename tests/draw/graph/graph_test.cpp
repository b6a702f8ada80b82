#include "draw/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"
#include "tests/draw/read_svg.h"
#include "tests/space/networks.h"

namespace mimar::draw {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> labels(const Graph& graph, NodeKind kind) {
  std::vector<std::string> all;
  for (const GraphNode& node : graph.nodes) {
    if (node.kind == kind) all.push_back(node.label);
  }
  return all;
}

/// "from > to" of every edge, by label.
std::vector<std::string> arrows(const Graph& graph) {
  std::vector<std::string> all;
  for (const GraphEdge& edge : graph.edges) {
    all.push_back(graph.nodes[edge.from].label + " > " + graph.nodes[edge.to].label);
  }
  return all;
}

const space::Cell kCell{
    2, {{{0, "sep_conv_3x3"}, {1, "skip_connect"}}, {{2, "max_pool_3x3"}, {1, "dil_conv_5x5"}}}};

TEST(Graph, OfADartsCellJoinsAllInnerNodes) {
  const auto graphs = graphs_of({space::CellArchitecture{.normal = kCell, .reduce = kCell}});
  ASSERT_EQ(graphs.size(), 2U);
  EXPECT_EQ(graphs[1].title, "reduction cell");
  EXPECT_THAT(arrows(graphs[0]),
              ElementsAre("0: cell before last > sep_conv_3x3", "sep_conv_3x3 > 2",
                          "1: last cell > skip_connect", "skip_connect > 2", "2 > max_pool_3x3",
                          "max_pool_3x3 > 3", "1: last cell > dil_conv_5x5", "dil_conv_5x5 > 3",
                          "2 > output: concat", "3 > output: concat"));
}

TEST(Graph, OfAnEnasCellJoinsTheNodesThatNobodyReads) {
  const auto graphs = graphs_of({space::CellArchitecture{
      .kind = space::CellKind::kEnasMicro, .normal = kCell, .reduce = kCell}});
  EXPECT_THAT(arrows(graphs[0]), AllOf(testing::Contains("3 > output: concat"),
                                       Not(testing::Contains("2 > output: concat"))));
}

TEST(Graph, OfANasBench201CellHasOneDrawing) {
  const auto graphs = graphs_of({space::CellArchitecture{
      .kind = space::CellKind::kNasBench201,
      .normal = {1, {{{0, "nor_conv_3x3"}}, {{0, "none"}, {1, "skip_connect"}}}},
      .reduce = {}}});
  ASSERT_EQ(graphs.size(), 1U);
  EXPECT_THAT(labels(graphs[0], NodeKind::kOperation),
              ElementsAre("nor_conv_3x3", "none", "skip_connect"));
  EXPECT_THAT(arrows(graphs[0]), testing::Contains("2 > output"));
}

TEST(Graph, OfAChainShowsSkipsBesideTheWay) {
  const auto graphs = graphs_of(
      {space::MacroArchitecture{36, {{"conv_3x3", {}}, {"conv_5x5", {0}}, {"max_pool_3x3", {1}}}}});
  ASSERT_EQ(graphs.size(), 1U);
  EXPECT_THAT(arrows(graphs[0]),
              ElementsAre("stem, 36 channels > 0  conv_3x3", "0  conv_3x3 > 1  conv_5x5",
                          "stem, 36 channels > 1  conv_5x5", "1  conv_5x5 > 2  max_pool_3x3",
                          "0  conv_3x3 > 2  max_pool_3x3", "2  max_pool_3x3 > classifier"));
  EXPECT_TRUE(graphs[0].edges[2].is_skip);
}

TEST(Graph, MarksWhatBelongsToADecision) {
  const auto graphs = graphs_of({space::CellArchitecture{.normal = kCell, .reduce = kCell}});
  const std::string plain = to_svg(graphs, "cell");
  const std::string marked = to_svg(graphs, "cell", {"cell.normal.node3.op1"});
  EXPECT_THAT(plain, Not(HasSubstr("font-weight=\"bold\">dil_conv_5x5")));
  EXPECT_THAT(marked, HasSubstr("font-weight=\"bold\">dil_conv_5x5"));
  EXPECT_THAT(marked, Not(HasSubstr("font-weight=\"bold\">max_pool_3x3")));
}

TEST(Graph, IsWellFormedSvgForEverySpaceAndName) {
  std::vector<std::string> documents;
  for (const space::GraphSpace& space : space::one_graph_space_of_each_kind()) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      Rng rng(seed);
      documents.push_back(to_svg(graphs_of(space::draw(space, rng)), "a <network> & \x1b"));
    }
  }
  const space::Architecture hostile{
      space::ChainArchitecture{{8}, {2}, {{{"<op>\"&\x07", {{"n", "\xff"}}}, {}}}}};
  documents.push_back(to_svg(graphs_of(hostile), "hostile"));
  EXPECT_TRUE(testing_support::are_svg(documents));
}

TEST(Graph, CutsNamesThatAreTooLong) {
  const std::string path = "/a/folder/of/mine/" + std::string(200, 'x') + ".pt";
  const auto graphs = graphs_of({space::MacroArchitecture{36, {{path, {}}}}});
  const std::string svg = to_svg(graphs, std::string(500, 't'));
  EXPECT_THAT(svg, AllOf(Not(HasSubstr(path)), HasSubstr("/a/folder/of/mine/xx")));
  EXPECT_THAT(svg, HasSubstr("width=\"456\""));  // what a title may take, and the margins
}

TEST(Graph, IsWrittenForGraphviz) {
  const std::string dot = to_dot(
      graphs_of({space::ChainArchitecture{{8}, {2}, {{{"a\"b\\c", {}}, {}}, {{"d", {}}, {0}}}}}),
      "a network");
  EXPECT_THAT(dot, AllOf(HasSubstr("digraph \"a network\" {"), HasSubstr("rankdir=TB"),
                         HasSubstr(R"(label="0  a\"b\\c")"), HasSubstr("g0n0 -> g0n1;"),
                         HasSubstr("g0n0 -> g0n2 [style=dashed];")));
  EXPECT_EQ(std::count(dot.begin(), dot.end(), '{'), std::count(dot.begin(), dot.end(), '}'));
}

}  // namespace
}  // namespace mimar::draw
