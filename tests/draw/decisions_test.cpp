#include "draw/decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/rng.h"
#include "space/graph_space.h"
#include "space/search_space.h"

namespace mimar::draw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A space of each kind; the labels of all its decisions come from the space itself.
std::vector<space::GraphSpace> spaces() {
  const space::ChainSpace chain{
      .num_layers = 4,
      .input_sizes = {28, 28, 1},
      .output_sizes = {10},
      .operations = {
          {"convolution", {{"filter_size", space::CategoricalDomain{{"3", "5"}}, {}, {}, {}}}},
          {"reduction", {{"pool_size", space::CategoricalDomain{{"2", "3"}}, {}, {}, {}}}}}};
  return {chain, space::CellSpace{.kind = space::CellKind::kDarts},
          space::CellSpace{.kind = space::CellKind::kEnasMicro},
          space::CellSpace{.kind = space::CellKind::kNasBench201},
          space::MacroSpace{.num_layers = 6}};
}

TEST(Decisions, HaveTheLabelsAndValuesOfTheSearchSpace) {
  for (const space::GraphSpace& graph : spaces()) {
    const space::SearchSpace space(space::expand(graph));
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(testing::Message() << "space " << graph.index() << " seed " << seed);
      Rng rng(seed);
      const space::Assignment assignment = space.sample(rng);
      std::map<std::string, std::string> expected;
      for (const auto& [label, value] : assignment) {
        const bool is_skip = label.find(".skip") != label.npos;
        if (!is_skip || space::to_text(value) == "1") expected[label] = space::to_text(value);
      }
      std::map<std::string, std::string> found;
      for (const auto& [label, text] : decisions_of(space::decode(graph, assignment))) {
        if (label.find('.') != label.npos) found[label] = text;  // not what is fixed for the whole
      }
      EXPECT_EQ(found, expected);
    }
  }
}

TEST(Decisions, DifferWhereNetworksDo) {
  const space::Architecture before{space::MacroArchitecture{
      36, {{"conv_3x3", {}}, {"conv_5x5", {0}}, {"max_pool_3x3", {0, 1}}}}};
  const space::Architecture after{space::MacroArchitecture{
      36, {{"conv_3x3", {}}, {"avg_pool_3x3", {0}}, {"max_pool_3x3", {1}}, {"conv_3x3", {}}}}};
  EXPECT_THAT(compare_decisions(before, after),
              ElementsAre(DecisionChange{"macro.layer1.op", "conv_5x5", "avg_pool_3x3"},
                          DecisionChange{"macro.layer2.skip0", "1", ""},
                          DecisionChange{"macro.layer3.op", "", "conv_3x3"}));
  EXPECT_THAT(compare_decisions(before, before), IsEmpty());
}

TEST(Decisions, OfDifferentSpacesDifferInTheSpace) {
  const space::Architecture macro{space::MacroArchitecture{36, {{"conv_3x3", {}}}}};
  const space::Architecture chain{space::ChainArchitecture{{8}, {2}, {{{"conv", {}}, {}}}}};
  EXPECT_EQ(compare_decisions(macro, chain).front(), (DecisionChange{"space", "macro", "chain"}));
}

}  // namespace
}  // namespace mimar::draw
