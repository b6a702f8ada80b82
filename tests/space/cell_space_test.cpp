#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "space/graph_space.h"
#include "space/search_space.h"
#include "tests/space/enumerate.h"
#include "tests/space/networks.h"

namespace mimar::space {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Cardinality cardinality(const GraphSpace& space) {
  return *SearchSpace(expand(space)).cardinality();
}

std::vector<std::string> labels_of(const GraphSpace& space, std::string_view prefix) {
  std::vector<std::string> labels;
  for (const Parameter& parameter : expand(space)) {
    EXPECT_EQ(parameter.role, Role::kArchitecture);
    if (parameter.name.starts_with(prefix)) labels.push_back(parameter.name);
  }
  return labels;
}

std::string error_of(const GraphSpace& space) {
  try {
    expand(space);
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(CellSpace, LabelsItsDecisions) {
  EXPECT_THAT(labels_of(CellSpace{.kind = CellKind::kDarts}, "cell.reduce.node3"),
              ElementsAre("cell.reduce.node3.input0", "cell.reduce.node3.input1",
                          "cell.reduce.node3.op0", "cell.reduce.node3.op1"));
  EXPECT_EQ(labels_of(CellSpace{.kind = CellKind::kDarts}, "cell.").size(), 2U * 4U * 4U);
  EXPECT_EQ(labels_of(CellSpace{.kind = CellKind::kEnasMicro}, "cell.").size(), 2U * 5U * 4U);
  EXPECT_THAT(labels_of(CellSpace{.kind = CellKind::kNasBench201}, "cell."),
              ElementsAre("cell.edge0to1.op", "cell.edge0to2.op", "cell.edge1to2.op",
                          "cell.edge0to3.op", "cell.edge1to3.op", "cell.edge2to3.op"));
}

TEST(CellSpace, HasTheCardinalitiesOfTheLiterature) {
  // DARTS: C(k, 2) pairs of inputs and 7^2 operations for each node with k earlier ones.
  const Cardinality darts_cell = 1'037'664'180;
  EXPECT_EQ(cardinality(CellSpace{.kind = CellKind::kDarts}), darts_cell * darts_cell);
  EXPECT_EQ(cardinality(CellSpace{.kind = CellKind::kNasBench201}), 15'625);
  Cardinality enas_cell = 1;
  for (int i = 2; i <= 6; ++i) enas_cell *= (5 * i) * (5 * i);
  EXPECT_EQ(cardinality(CellSpace{.kind = CellKind::kEnasMicro}), enas_cell * enas_cell);
}

TEST(CellSpace, CountsSmallSpacesAsEnumerationDoes) {
  for (const CellKind kind : {CellKind::kDarts, CellKind::kEnasMicro}) {
    const CellSpace space{.kind = kind, .primitives = {"skip_connect"}, .num_nodes = 2};
    const SearchSpace decisions(expand(space));
    EXPECT_EQ(*decisions.cardinality(), enumerate(decisions).size());
  }
}

TEST(CellSpace, ReturnsWhatItDecoded) {
  for (const CellKind kind : {CellKind::kDarts, CellKind::kEnasMicro, CellKind::kNasBench201}) {
    const CellSpace space{.kind = kind};
    const SearchSpace decisions(expand(space));
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      Rng rng(seed);
      const Assignment drawn = decisions.sample(rng);
      EXPECT_EQ(encode(space, decode(space, drawn)), drawn) << "seed " << seed;
    }
  }
}

TEST(CellSpace, DecodesNodes) {
  const CellSpace space{.kind = CellKind::kDarts, .num_nodes = 1, .num_cells = 5};
  const Assignment chosen = {
      {"cell.normal.node2.input0", "0"},         {"cell.normal.node2.input1", "1"},
      {"cell.normal.node2.op0", "sep_conv_3x3"}, {"cell.normal.node2.op1", "skip_connect"},
      {"cell.reduce.node2.input0", "0"},         {"cell.reduce.node2.input1", "1"},
      {"cell.reduce.node2.op0", "max_pool_3x3"}, {"cell.reduce.node2.op1", "max_pool_3x3"}};
  const CellArchitecture expected{.kind = CellKind::kDarts,
                                  .num_cells = 5,
                                  .init_channels = 16,
                                  .normal = {2, {{{0, "sep_conv_3x3"}, {1, "skip_connect"}}}},
                                  .reduce = {2, {{{0, "max_pool_3x3"}, {1, "max_pool_3x3"}}}}};
  EXPECT_EQ(std::get<CellArchitecture>(decode(space, chosen).graph), expected);
}

TEST(CellSpace, EncodesDartsEdgesInWhateverOrderTheyAreListed) {
  const CellSpace space{.kind = CellKind::kDarts, .num_nodes = 1};
  const auto network = [](std::vector<CellEdge> edges) {
    const Cell cell{2, {std::move(edges)}};
    return Architecture{CellArchitecture{.normal = cell, .reduce = cell}};
  };
  EXPECT_EQ(encode(space, network({{1, "skip_connect"}, {0, "sep_conv_3x3"}})),
            encode(space, network({{0, "sep_conv_3x3"}, {1, "skip_connect"}})));
  EXPECT_THROW(encode(space, network({{1, "skip_connect"}, {1, "sep_conv_3x3"}})), Error);
  EXPECT_THROW(encode(space, network({{0, "none"}, {1, "sep_conv_3x3"}})), Error);
}

TEST(CellSpace, DropsNoneWhereAnEdgeIsADiscreteChoice) {
  const CellSpace darts{.kind = CellKind::kDarts, .primitives = {"none", "skip_connect"}};
  EXPECT_EQ(
      std::get<CategoricalDomain>(SearchSpace(expand(darts)).find("cell.normal.node2.op0")->domain),
      CategoricalDomain{{"skip_connect"}});
  const CellSpace bench{.kind = CellKind::kNasBench201, .primitives = {"none", "skip_connect"}};
  EXPECT_EQ(cardinality(bench), 64);
}

TEST(CellSpace, NamesEveryFaultOfTheSpace) {
  const std::string error =
      error_of(CellSpace{.kind = CellKind::kDarts,
                         .primitives = {"sep_conv_3x4", "skip_connect", "skip_connect"},
                         .num_nodes = -1,
                         .num_cells = 0,
                         .init_channels = 0});
  EXPECT_THAT(error,
              HasSubstr("unknown operation \"sep_conv_3x4\"; did you mean \"sep_conv_3x3\"?"));
  EXPECT_THAT(error, HasSubstr("\"skip_connect\" is listed twice"));
  EXPECT_THAT(error, HasSubstr("numNodes must be from 1 to 64, got -1"));
  EXPECT_THAT(error, HasSubstr("numCells must be from 1 to 1000, got 0"));
  EXPECT_THAT(error, HasSubstr("initChannels must be from 1 to 65536, got 0"));
  EXPECT_THAT(error_of(CellSpace{.primitives = {"none"}}), HasSubstr("leaves nothing to choose"));
}

TEST(MacroSpace, LabelsItsDecisionsAndCountsThem) {
  EXPECT_THAT(labels_of(MacroSpace{.num_layers = 3}, "macro."),
              ElementsAre("macro.layer0.op", "macro.layer1.op", "macro.layer1.skip0",
                          "macro.layer2.op", "macro.layer2.skip0", "macro.layer2.skip1"));
  using boost::multiprecision::pow;
  EXPECT_EQ(cardinality(MacroSpace{}), pow(Cardinality(6), 12) * pow(Cardinality(2), 66));
  EXPECT_EQ(cardinality(MacroSpace{.num_layers = 24}),
            pow(Cardinality(6), 24) * pow(Cardinality(2), 276));
  EXPECT_EQ(cardinality(MacroSpace{.skip_connections = false}), pow(Cardinality(6), 12));
}

TEST(MacroSpace, ReturnsWhatItDecoded) {
  for (const bool skip_connections : {true, false}) {
    const MacroSpace space{.num_layers = 8, .skip_connections = skip_connections};
    const SearchSpace decisions(expand(space));
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Rng rng(seed);
      const Assignment drawn = decisions.sample(rng);
      EXPECT_EQ(encode(space, decode(space, drawn)), drawn) << "seed " << seed;
    }
  }
  const Architecture skipping{MacroArchitecture{36, {{"conv_3x3", {}}, {"conv_5x5", {0}}}}};
  EXPECT_EQ(to_text(encode(MacroSpace{.num_layers = 2}, skipping).at("macro.layer1.skip0")), "1");
  EXPECT_THROW(encode(MacroSpace{.num_layers = 2, .skip_connections = false}, skipping), Error);
  EXPECT_THROW(encode(MacroSpace{.num_layers = 3}, skipping), Error);
}

TEST(GraphSpace, TakesThePlaceOfParentsOfHyperparameters) {
  std::vector<Parameter> parameters = expand(MacroSpace{.num_layers = 2});
  parameters.push_back(
      when(choice("momentum", {"0.9"}), {in("macro.layer1.op", {"conv_3x3", "conv_5x5"})}));
  const SearchSpace space(parameters);
  // 6 first operations, a bit; the second operation leaves one value of momentum or none.
  EXPECT_EQ(*space.cardinality(), 6 * 2 * 6);
  EXPECT_EQ(*space.cardinality(), enumerate(space).size());
}

}  // namespace
}  // namespace mimar::space
