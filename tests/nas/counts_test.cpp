#include "nas/counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nas/chain_plan.h"
#include "tests/nas/chains.h"

namespace mimar::nas {
namespace {

using testing::HasSubstr;

space::Architecture wrap(space::ChainArchitecture chain) { return {std::move(chain)}; }

std::string message_of(const space::ChainArchitecture& chain) {
  try {
    plan_chain(chain);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "no error";
}

std::string message_of(const space::ChainLayer& layer) {
  return message_of(make_chain({8, 8, 3}, 10, {layer}));
}

TEST(Counts, MatchAPlainChainCountedByHand) {
  const auto chain = make_chain({28, 28, 1}, 10,
                                {make_layer("convolution", {{"num_filter", "16"}}),
                                 make_layer("convolution", {{"num_filter", "32"}, {"stride", "2"}}),
                                 make_layer("reduction")});
  // 16 9 + 2 16 = 176; 32 16 9 + 2 32 = 4672; 32 10 + 10 = 330
  EXPECT_EQ(parameter_count(wrap(chain)), 5178);
  // 28 28 16 9 = 112,896; 14 14 32 16 9 = 903,168; 330
  EXPECT_EQ(macs(wrap(chain)), 1'016'394);
}

TEST(Counts, MatchAChainWithSkipsCountedByHand) {
  const auto chain = make_chain(
      {8, 8, 3}, 5,
      {make_layer("convolution", {{"num_filter", "4"}, {"stride", "2"}}),  // 4 channels of 4 x 4
       make_layer("separable_convolution",
                  {{"filter_size", "5"}, {"num_filter", "6"}, {"depth_multiplier", "2"}}, {0}),
       make_layer("depthwise_convolution", {}, {0, 1}),
       make_layer("reduction", {{"reduction_type", "avg_pooling"}, {"pool_size", "8"}})});
  // layer 0: 4 3 9 + 8 = 116. layer 1 reads 4 + 3 channels: 14 25 + 6 14 + 12 = 446. layer 2 reads
  // 6 + 3 + 4: 13 9 + 26 = 143. head 13 5 + 5 = 70.
  EXPECT_EQ(parameter_count(wrap(chain)), 775);
  // 16 4 3 9 = 1728; 16 14 25 + 16 6 14 = 6944; 16 13 9 = 1872; 70
  EXPECT_EQ(macs(wrap(chain)), 10'614);
}

TEST(Counts, UseKatibsDefaults) {
  const auto conv = make_chain({8, 8, 3}, 10, {make_layer("convolution")});
  EXPECT_EQ(parameter_count(wrap(conv)), 64 * 3 * 9 + 128 + 650);
  EXPECT_EQ(macs(wrap(conv)), 64 * 64 * 3 * 9 + 650);
  const auto pool = make_chain({8, 8, 3}, 10, {make_layer("reduction")});
  EXPECT_EQ(plan_chain(pool).output(), (MapShape{.channels = 3, .height = 4, .width = 4}));
}

TEST(Counts, RefuseWhatExceeds64Bits) {
  const Settings huge = {{"num_filter", "65536"}, {"filter_size", "63"}};
  const auto chain = make_chain({4096, 4096, 1}, 10,
                                {make_layer("convolution", huge), make_layer("convolution", huge)});
  EXPECT_THROW(macs(wrap(chain)), Error);
}

TEST(ChainPlan, KeepsSidesAtTheCeilingWhateverTheKernel) {
  for (int kernel = 1; kernel <= 6; ++kernel) {
    for (int stride = 1; stride <= 3; ++stride) {
      const auto chain =
          make_chain({7, 10, 2}, 3,
                     {make_layer("convolution", {{"filter_size", std::to_string(kernel)},
                                                 {"stride", std::to_string(stride)}})});
      EXPECT_EQ(plan_chain(chain).output(), (MapShape{.channels = 64,
                                                      .height = (7 + stride - 1) / stride,
                                                      .width = (10 + stride - 1) / stride}));
    }
  }
}

TEST(ChainPlan, ShrinksAPoolToTheMap) {
  const Settings pool = {{"pool_size", "5"}};
  const auto chain = make_chain(
      {12, 4, 1}, 3,
      {make_layer("reduction", pool), make_layer("reduction", pool), make_layer("reduction")});
  const ChainPlan plan = plan_chain(chain);
  EXPECT_EQ(plan.layers[0].output, (MapShape{.channels = 1, .height = 2, .width = 1}));
  EXPECT_EQ(plan.layers[1].output, (MapShape{.channels = 1, .height = 1, .width = 1}));
  EXPECT_EQ(plan.output(), (MapShape{.channels = 1, .height = 1, .width = 1}));
}

TEST(ChainPlan, NamesTheFaultItsPlaceAndTheNearestName) {
  EXPECT_EQ(message_of(make_layer("convolutoin")),
            "layers[0]: unknown operation \"convolutoin\"; did you mean \"convolution\"? (known: "
            "convolution, separable_convolution, depthwise_convolution, reduction, identity)");
  EXPECT_EQ(message_of(make_layer("convolution", {{"filter_sise", "3"}})),
            "layers[0]: operation \"convolution\" has no parameter \"filter_sise\"; did you mean "
            "\"filter_size\"? (known: filter_size, num_filter, stride)");
  EXPECT_EQ(message_of(make_layer("identity", {{"stride", "1"}})),
            "layers[0]: operation \"identity\" has no parameter \"stride\" (it takes none)");
  EXPECT_EQ(
      message_of(make_layer("reduction", {{"reduction_type", "max_poolin"}})),
      "layers[0]: parameter \"reduction_type\" of \"reduction\" cannot be \"max_poolin\"; did "
      "you mean \"max_pooling\"? (known: max_pooling, avg_pooling)");
  for (const char* value : {"0", "-1", "2.5", "", "three", "99999999999999999999"}) {
    EXPECT_THAT(message_of(make_layer("convolution", {{"stride", value}})),
                HasSubstr("layers[0]: parameter \"stride\" of \"convolution\" must be a whole "
                          "number from 1 to 64"));
  }
}

TEST(ChainPlan, RejectsUnsoundSizesAndSkips) {
  EXPECT_THAT(message_of(make_chain({8, 8}, 10, {make_layer("identity")})),
              HasSubstr("input_sizes"));
  EXPECT_THAT(message_of(make_chain({8, 0, 1}, 10, {make_layer("identity")})),
              HasSubstr("input_sizes"));
  EXPECT_THAT(message_of(make_chain({8, 8, 1}, 0, {make_layer("identity")})),
              HasSubstr("output_sizes"));
  EXPECT_THAT(message_of(make_chain({8, 8, 1}, 10, {})), HasSubstr("at least one layer"));
  EXPECT_THAT(message_of(make_chain({8, 8, 1}, 10,
                                    {make_layer("identity"), make_layer("identity", {}, {1})})),
              HasSubstr("layers[1]: skip 1 "));
}

TEST(ChainPlan, RejectsChannelsWithoutBound) {
  const Settings wide = {{"depth_multiplier", "64"}};
  const std::vector<space::ChainLayer> layers(4, make_layer("depthwise_convolution", wide));
  EXPECT_THAT(message_of(make_chain({8, 8, 3}, 10, layers)), HasSubstr("layers[2]: "));
}

}  // namespace
}  // namespace mimar::nas
