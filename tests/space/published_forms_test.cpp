#include "space/published_forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "space/graph_space.h"
#include "tests/space/networks.h"

namespace mimar::space {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class Parse>
std::string error_of(const Parse& parse) {
  try {
    parse();
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

// The best cell of DARTS, second order (Liu et al., cnn/genotypes.py, DARTS_V2).
constexpr std::string_view kDartsV2 =
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";

TEST(PublishedForms, ReadTheGenotypeOfDarts) {
  const CellArchitecture cells = parse_genotype(kDartsV2);
  EXPECT_EQ(cells.normal, (Cell{2,
                                {{{0, "sep_conv_3x3"}, {1, "sep_conv_3x3"}},
                                 {{0, "sep_conv_3x3"}, {1, "sep_conv_3x3"}},
                                 {{1, "sep_conv_3x3"}, {0, "skip_connect"}},
                                 {{0, "skip_connect"}, {2, "dil_conv_3x3"}}}}));
  // It is one of the space's networks, up to the order of the edges.
  const CellSpace space{.kind = CellKind::kDarts};
  EXPECT_TRUE(is_isomorphic(decode(space, encode(space, {cells})), {cells}));
}

TEST(PublishedForms, ReadGenotypesTheyWrote) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    const auto cells =
        std::get<CellArchitecture>(draw(CellSpace{.kind = CellKind::kDarts}, rng).graph);
    EXPECT_EQ(parse_genotype(to_genotype(cells)), cells);
  }
  EXPECT_THAT(to_genotype(parse_genotype(kDartsV2)),
              HasSubstr("normal_concat=range(2, 6), reduce="));
}

TEST(PublishedForms, ReadTheGenotypeThatKatibsTrialPrints) {
  const CellArchitecture cells = parse_genotype(
      "Genotype(normal=[[('max_pooling_3x3',0),('separable_convolution_3x3',1)]],"
      "normal_concat=range(2,3),reduce=[[('skip_connection',0),('dilated_convolution_5x5',1)]],"
      "reduce_concat=range(2,3))");
  EXPECT_EQ(cells.normal, (Cell{2, {{{0, "max_pool_3x3"}, {1, "sep_conv_3x3"}}}}));
  EXPECT_EQ(cells.reduce, (Cell{2, {{{0, "skip_connect"}, {1, "dil_conv_5x5"}}}}));
}

TEST(PublishedForms, WriteTheGenotypeAsKatibsTrialPrintsIt) {
  const std::string text =
      "Genotype(normal=[[('max_pooling_3x3',0),('separable_convolution_3x3',1)],"
      "[('skip_connection',0),('avg_pooling_3x3',2)]],normal_concat=range(2,4),"
      "reduce=[[('dilated_convolution_5x5',0),('max_pooling_3x3',1)],"
      "[('skip_connection',1),('skip_connection',2)]],reduce_concat=range(2,4))";
  EXPECT_EQ(to_katib_genotype(parse_genotype(text)), text);
  EXPECT_EQ(primitive_of_katib_name("dilated_convolution_3x3"), "dil_conv_3x3");
  EXPECT_EQ(primitive_of_katib_name("sep_conv_5x5"), "sep_conv_5x5");
  EXPECT_EQ(katib_name_of_primitive("identity"), "identity");
  EXPECT_THROW(primitive_of_katib_name("separable_convolution_4x4"), Error);
}

TEST(PublishedForms, SayWhatIsWrongWithAGenotype) {
  const auto error = [](std::string text) { return error_of([&] { parse_genotype(text); }); };
  EXPECT_THAT(error("Genotype(normal=[('sep_conv_3x3', 0"), HasSubstr("expected \")\" at byte"));
  EXPECT_THAT(error("Genotype(normal=[('sep_conv_3x3', 7), ('none', 0)], normal_concat=[2]"),
              HasSubstr("node 2 of the normal cell cannot read node 7"));
  EXPECT_THAT(error("Genotype(normal=[('sep_conv_3x3', 0)], normal_concat=[2]"),
              HasSubstr("needs two edges for each node, got 1"));
  EXPECT_THAT(error("Genotype(normal=[('sep_convv_3x3', 0), ('none', 0)], normal_concat=[2]"),
              HasSubstr("did you mean \"sep_conv_3x3\"?"));
  // AmoebaNet leaves used nodes out of the concatenation.
  EXPECT_THAT(error("Genotype(normal=[('none', 0), ('none', 1), ('none', 2), ('none', 1)], "
                    "normal_concat=[3], reduce=[]"),
              HasSubstr("must name every inner node, 2 to 3"));
  EXPECT_THAT(
      error("Genotype(normal=[('none', 0), ('none', 1)], normal_concat=range(2, 999999999)"),
      HasSubstr("a number from 0 to 1000"));
}

TEST(PublishedForms, ReadAndWriteTheStringOfNasBench201) {
  const std::string text =
      "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|";
  const CellArchitecture cells = parse_nasbench201_string(text);
  EXPECT_EQ(cells.normal,
            (Cell{1,
                  {{{0, "nor_conv_3x3"}},
                   {{0, "none"}, {1, "nor_conv_1x1"}},
                   {{0, "skip_connect"}, {1, "avg_pool_3x3"}, {2, "nor_conv_3x3"}}}}));
  EXPECT_EQ(to_nasbench201_string(cells), text);
  const auto error = [](std::string bad) {
    return error_of([&] { parse_nasbench201_string(bad); });
  };
  EXPECT_THAT(error("|none~0|+|none~0|"), HasSubstr("node 2 needs 2 edges between bars"));
  EXPECT_THAT(error("|none~1|"), HasSubstr("expected an operation and \"~0\""));
  EXPECT_THAT(error("|nun~0|"), HasSubstr("unknown operation \"nun\""));
  EXPECT_THAT(error(""), HasSubstr("node 1 needs 1 edges"));
  EXPECT_THROW(to_nasbench201_string(parse_genotype(kDartsV2)), Error);
}

TEST(PublishedForms, ReadTheBestMicroCellsOfEnas) {
  // Pham et al., the arguments of cifar10_micro_final.sh.
  const std::vector<int> normal = {0, 2, 0, 0, 0, 4, 0, 1, 0, 4, 1, 1, 1, 0, 0, 1, 0, 2, 1, 1};
  const std::vector<int> reduce = {1, 0, 1, 0, 0, 3, 0, 2, 1, 1, 3, 1, 1, 0, 0, 4, 0, 3, 1, 1};
  const Cell cell = parse_enas_cell(normal);
  EXPECT_EQ(cell, (Cell{2,
                        {{{0, "avg_pool_3x3"}, {0, "sep_conv_3x3"}},
                         {{0, "identity"}, {0, "sep_conv_5x5"}},
                         {{0, "identity"}, {1, "sep_conv_5x5"}},
                         {{1, "sep_conv_3x3"}, {0, "sep_conv_5x5"}},
                         {{0, "avg_pool_3x3"}, {1, "sep_conv_5x5"}}}}));
  EXPECT_EQ(to_enas_sequence(cell), normal);
  EXPECT_EQ(to_enas_sequence(parse_enas_cell(reduce)), reduce);
  const CellSpace space{.kind = CellKind::kEnasMicro};
  const Architecture network{CellArchitecture{
      .kind = CellKind::kEnasMicro, .normal = cell, .reduce = parse_enas_cell(reduce)}};
  EXPECT_EQ(decode(space, encode(space, network)), network);
}

TEST(PublishedForms, ReadEnasMacroRows) {
  const std::vector<int> rows = {3, 0, 1, 0, 0, 1, 2, 1, 0, 0};
  const MacroArchitecture macro = parse_enas_macro(rows);
  EXPECT_THAT(macro.layers, ElementsAre(MacroLayer{"sep_conv_5x5", {}}, MacroLayer{"conv_3x3", {0}},
                                        MacroLayer{"conv_3x3", {1}}, MacroLayer{"conv_5x5", {0}}));
  EXPECT_EQ(to_enas_sequence(macro), rows);
}

TEST(PublishedForms, SayWhatIsWrongWithASequence) {
  const auto cell = [](std::vector<int> sequence) {
    return error_of([&] { parse_enas_cell(sequence); });
  };
  EXPECT_THAT(cell({0, 0, 0}), HasSubstr("four numbers a node, got 3"));
  EXPECT_THAT(cell({0, 0, 2, 0}), HasSubstr("place 2: must be from 0 to 1, got 2"));
  EXPECT_THAT(cell({0, 5, 1, 0}), HasSubstr("place 1: must be from 0 to 4, got 5"));
  const auto macro = [](std::vector<int> sequence) {
    return error_of([&] { parse_enas_macro(sequence); });
  };
  EXPECT_THAT(macro({0, 1}), HasSubstr("layer 1 needs 2 numbers, got 1"));
  EXPECT_THAT(macro({0, 1, 2}), HasSubstr("place 2: must be from 0 to 1, got 2"));
  EXPECT_THAT(macro({}), HasSubstr("at least one"));
  EXPECT_THROW(to_enas_sequence(MacroArchitecture{36, {{"identity", {}}}}), Error);
}

}  // namespace
}  // namespace mimar::space
