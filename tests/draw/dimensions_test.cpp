#include "draw/dimensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "space/graph_space.h"
#include "space/search_space.h"
#include "tests/draw/search_story.h"

namespace mimar::draw {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::string> labels(const std::vector<Dimension>& dimensions) {
  std::vector<std::string> all;
  for (const Dimension& dimension : dimensions) all.push_back(dimension.axis.label);
  return all;
}

TEST(Dimensions, FollowTheFile) {
  const SearchStory story = make_story(6);
  const std::vector<Dimension> dimensions = read_dimensions(story.subject());
  EXPECT_THAT(labels(dimensions), ElementsAre("lr", "width", "optimizer", "momentum"));
  for (std::size_t i = 0; i < story.trials.size(); ++i) {
    const auto& assignment = story.trials[i].proposal.assignment;
    EXPECT_EQ(dimensions[0].places[i], std::get<double>(assignment.at("lr")));
    // momentum exists with sgd, the first of the choices, alone
    EXPECT_EQ(dimensions[3].places[i].has_value(), dimensions[2].places[i] == 0.0);
  }
}

TEST(Dimensions, CountOperations) {
  const space::Architecture chain{space::ChainArchitecture{
      {8}, {2}, {{{"conv", {}}, {}}, {{"conv", {}}, {0}}, {{"pool", {}}, {0, 1}}}}};
  EXPECT_THAT(operation_counts(chain),
              ElementsAre(Pair("conv", 2), Pair("pool", 1), Pair("skips", 3)));
  const space::Architecture cells{
      space::CellArchitecture{.normal = {2, {{{0, "sep_conv_3x3"}, {1, "skip_connect"}}}},
                              .reduce = {2, {{{0, "max_pool_3x3"}, {1, "skip_connect"}}}}}};
  EXPECT_THAT(operation_counts(cells), ElementsAre(Pair("max_pool_3x3", 1), Pair("sep_conv_3x3", 1),
                                                   Pair("skip_connect", 2)));
}

TEST(Dimensions, SumUpLargeArchitecturesAndShowSmallOnes) {
  SearchStory story = make_story(30);
  for (const auto& [layers, expected] : {std::pair<int, std::size_t>{2, 3}, {12, 7}}) {
    story.experiment.spec.graph = space::MacroSpace{.num_layers = layers};
    story.experiment.spec.parameters.clear();
    const space::SearchSpace space = experiment::search_space(story.experiment.spec);
    for (experiment::Trial& trial : story.trials) {
      Rng rng(3, static_cast<std::uint64_t>(trial.number));
      trial.proposal.assignment = space.sample(rng);
    }
    const std::vector<Dimension> dimensions = read_dimensions(story.subject());
    // two layers: two operations and a skip; twelve: counts, eight at most
    EXPECT_EQ(dimensions.size(), std::min<std::size_t>(expected, layers == 2 ? 3 : 8));
    for (const Dimension& dimension : dimensions) EXPECT_EQ(dimension.places.size(), 30U);
  }
}

}  // namespace
}  // namespace mimar::draw
