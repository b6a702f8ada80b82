#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "space/architecture.h"
#include "space/short_names.h"
#include "tests/space/networks.h"

namespace mimar::space {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Architecture katib_chain() {
  return {ChainArchitecture{
      {28, 28, 1},
      {10},
      {{{"convolution", {{"filter_size", "3"}, {"num_filter", "32"}, {"stride", "1"}}}, {}},
       {{"separable_convolution", {{"filter_size", "5"}, {"num_filter", "64"}, {"stride", "2"}}},
        {0}},
       {{"reduction", {{"reduction_type", "max_pooling"}, {"pool_size", "2"}}}, {0, 1}}}}};
}

TEST(Drawing, ShowsAChainOnOneLineWhereItFits) {
  EXPECT_EQ(draw_text(katib_chain(), 120),
            "input 28×28×1 ─▶ L0 conv3x3·32 ─▶ L1 sep5x5·64/2 [+input] ─▶ L2 max2 [+input +L0] "
            "─▶ output 10\n");
  EXPECT_EQ(draw_text(katib_chain(), 120, false),
            "input 28x28x1 -> L0 conv3x3.32 -> L1 sep5x5.64/2 [+input] -> L2 max2 [+input +L0] "
            "-> output 10\n");
}

TEST(Drawing, WrapsAChainAtItsArrows) {
  EXPECT_EQ(draw_text(katib_chain(), 40),
            "input 28×28×1 ─▶ L0 conv3x3·32\n"
            "  ─▶ L1 sep5x5·64/2 [+input]\n"
            "  ─▶ L2 max2 [+input +L0] ─▶ output 10\n");
}

TEST(Drawing, ShowsACellNodeByNode) {
  const Architecture darts{
      CellArchitecture{.normal = {2,
                                  {{{0, "sep_conv_3x3"}, {1, "skip_connect"}},
                                   {{1, "max_pool_3x3"}, {2, "dil_conv_5x5"}}}},
                       .reduce = {2, {{{0, "max_pool_3x3"}, {1, "max_pool_3x3"}}}}}};
  EXPECT_EQ(draw_text(darts),
            "DARTS cells, 8 stacked, 16 channels\n"
            "normal  node 2 = sep_conv_3x3(0) + skip_connect(1)\n"
            "        node 3 = max_pool_3x3(1) + dil_conv_5x5(2)\n"
            "        out = concat of 2 3\n"
            "reduce  node 2 = max_pool_3x3(0) + max_pool_3x3(1)\n"
            "        out = concat of 2\n");
}

TEST(Drawing, ShowsOnlyLooseEndsOfEnasAndTheLastNodeOfNasBench201) {
  const Cell enas{2, {{{0, "identity"}, {0, "identity"}}, {{2, "identity"}, {1, "identity"}}}};
  const Architecture micro{
      CellArchitecture{.kind = CellKind::kEnasMicro, .normal = enas, .reduce = enas}};
  EXPECT_THAT(draw_text(micro), HasSubstr("out = concat of 3\n"));
  const Architecture bench{
      CellArchitecture{.kind = CellKind::kNasBench201,
                       .num_cells = 15,
                       .normal = {1, {{{0, "nor_conv_3x3"}}, {{0, "none"}, {1, "skip_connect"}}}},
                       .reduce = {}}};
  EXPECT_EQ(draw_text(bench, 80, false),
            "NAS-Bench-201 cells, 15 stacked, 16 channels\n"
            "cell  node 1 = nor_conv_3x3(0)\n"
            "      node 2 = none(0) + skip_connect(1)\n"
            "      out = node 2\n");
}

TEST(Drawing, ShowsAMacroNetwork) {
  const Architecture macro{
      MacroArchitecture{36, {{"conv_3x3", {}}, {"sep_conv_5x5", {0}}, {"max_pool_3x3", {1}}}}};
  EXPECT_EQ(draw_text(macro, 100),
            "stem 36 channels ─▶ L0 conv_3x3 ─▶ L1 sep_conv_5x5 [+stem] ─▶ L2 max_pool_3x3 [+L0] "
            "─▶ classifier\n");
}

TEST(Drawing, SumsUpInAFewWords) {
  EXPECT_EQ(summary(katib_chain()), "conv3x3·sep5x5·max2");
  EXPECT_EQ(summary(katib_chain(), false), "conv3x3-sep5x5-max2");
  const Architecture darts{
      CellArchitecture{.normal = {2, {{{0, "sep_conv_3x3"}, {1, "skip_connect"}}}},
                       .reduce = {2, {{{0, "max_pool_3x3"}, {1, "dil_conv_5x5"}}}}}};
  EXPECT_EQ(summary(darts), "sep3+skip / max+dil5");
  EXPECT_EQ(summary({MacroArchitecture{36, {{"conv_3x3", {}}, {"avg_pool_3x3", {}}}}}),
            "conv3·avg");
}

TEST(Drawing, StaysWithinItsWidthAndItsCharacters) {
  for (const GraphSpace& space : one_graph_space_of_each_kind()) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Rng rng(seed);
      const Architecture architecture = draw(space, rng);
      for (const int width : {20, 33, 80}) {
        for (const bool utf8 : {true, false}) {
          const std::string text = draw_text(architecture, width, utf8);
          std::istringstream lines(text);
          for (std::string line; std::getline(lines, line);) {
            ASSERT_LE(num_columns(line), static_cast<std::size_t>(width)) << text;
            if (!utf8) {
              ASSERT_TRUE(std::all_of(line.begin(), line.end(), [](char c) {
                return c >= ' ' && c <= '~';
              })) << text;
            }
          }
        }
      }
    }
  }
}

TEST(Drawing, LetsNoControlCharacterThrough) {
  const Architecture hostile{
      ChainArchitecture{{8}, {2}, {{{"\x1b[2Jconv\n", {{"n\x07", std::string(300, 'x')}}}, {}}}}};
  EXPECT_THAT(draw_text(hostile, 40), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
  EXPECT_EQ(summary(hostile), "?[2Jconv?");
  EXPECT_EQ(printable("größe", true), "gr??e");
}

}  // namespace
}  // namespace mimar::space
