#include "nas/enas/enas_search.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/utils.h>

#include <set>

#include "base/error.h"
#include "nas/network.h"
#include "nas/operations/primitive_plan.h"
#include "space/published_forms.h"
#include "tests/nas/random_batches.h"

namespace mimar::nas {
namespace {

const space::CellSpace kCells{
    .kind = space::CellKind::kEnasMicro, .num_nodes = 3, .num_cells = 5, .init_channels = 4};
const space::MacroSpace kLayers{.num_layers = 6, .init_channels = 4};

space::Architecture draw(const space::GraphSpace& graph, std::uint64_t seed) {
  const space::SearchSpace space(space::expand(graph));
  Rng rng(seed);
  return space::decode(graph, space.sample(rng));
}

std::int64_t count_parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

TEST(SharedNetwork, HasWeightsForEveryNodeSideInputAndOperation) {
  const auto net = make_shared_network(kCells, kTinyTask);
  const auto bank = [](std::int64_t c) {  // of one cell: 2 sides, nodes that read 2, 3 and 4 maps
    std::int64_t one = 0;
    for (const std::string& op : space::default_primitives(space::CellKind::kEnasMicro)) {
      one += parameter_count(plan_primitive(op, {.channels = c}));
    }
    return 2 * (2 + 3 + 4) * one + 5 * c * c + 2 * c;  // outputs of 5 maps, normalisation
  };
  // Channels 4, 8, 8, 16, 16: reductions are cells 1 and 3.
  std::int64_t expected = 12 * 9 + 2 * 12;     // stem
  expected += bank(4) + 2 * (12 * 4 + 2 * 4);  // both inputs calibrated
  expected += bank(8) + 2 * (4 * 8 + 2 * 8);   // halved twice
  expected += bank(8);
  expected += bank(16) + 2 * (8 * 16 + 2 * 16);
  expected += bank(16);
  expected += 16 * 4 + 4;
  EXPECT_EQ(count_parameters(*net), expected);
}

/// True for the weights that an architecture's output depends on.
std::set<std::string> used_weights(SharedNetworkImpl& net,
                                   const space::Architecture& architecture) {
  net.train();
  for (const torch::Tensor& weight : net.parameters()) weight.mutable_grad().reset();
  net.forward(at::ones({2, 1, 8, 8}), architecture).square().sum().backward();
  std::set<std::string> used;
  for (const auto& item : net.named_parameters()) {
    if (item.value().grad().defined()) used.insert(item.key());
  }
  return used;
}

TEST(SharedNetwork, ComputesTheOperationsChosenAndNoOthers) {
  const auto net = make_shared_network(kCells, kTinyTask);
  const space::Cell cell{2,
                         {{{0, "sep_conv_3x3"}, {1, "identity"}},
                          {{2, "avg_pool_3x3"}, {0, "sep_conv_5x5"}},
                          {{3, "sep_conv_3x3"}, {3, "max_pool_3x3"}}}};
  const space::Architecture architecture{
      space::CellArchitecture{space::CellKind::kEnasMicro, 5, 4, cell, cell}};
  const std::set<std::string> used = used_weights(*net, architecture);
  std::set<std::string> operations;
  for (const std::string& name : used) {
    if (const std::size_t node = name.find("_node"); node != std::string::npos) {
      operations.insert(name.substr(node + 1, name.find('.') - node - 1));
    }
  }
  EXPECT_THAT(operations, testing::ElementsAre("node2_side0_input0_sep_conv_3x3",
                                               "node3_side1_input0_sep_conv_5x5",
                                               "node4_side0_input3_sep_conv_3x3"));
  // Node 4 alone is read by nobody: maps 0, 1, 2 and 3 have no way out of their own.
  EXPECT_TRUE(used.contains("cell0_output4.conv1.weight"));
  EXPECT_FALSE(used.contains("cell0_output3.conv1.weight"));
}

TEST(SharedNetwork, SumsTheSkipsOfMacroLayers) {
  const auto net = make_shared_network(kLayers, kTinyTask);
  initialise(*net, at::detail::createCPUGenerator(3));
  space::MacroArchitecture macro{4, std::vector<space::MacroLayer>(6, {"avg_pool_3x3", {}})};
  const std::set<std::string> used = used_weights(*net, {macro});
  EXPECT_TRUE(used.contains("layer5_avg_pool_3x3.conv0.weight"));
  EXPECT_FALSE(used.contains("layer5_conv_3x3.conv0.weight"));
  EXPECT_FALSE(used.contains("layer3_halved1.conv0a.weight"));  // nobody reads layer 0 after it
  macro.layers[4].skips = {1};
  EXPECT_TRUE(used_weights(*net, {macro}).contains("layer3_halved1.conv0a.weight"));
  EXPECT_THROW(net->forward(at::ones({2, 1, 8, 8}), draw(kCells, 1)), Error);
  macro.layers[2].skips = {2};
  EXPECT_THROW(net->forward(at::ones({2, 1, 8, 8}), {macro}), Error);
}

EnasOptions small_options(const space::GraphSpace& graph) {
  EnasOptions options{.space = graph, .num_epochs = 3, .policy_updates = 2, .policy_batch = 3};
  options.policy.network.hidden_size = 8;
  return options;
}

TEST(EnasSearch, GoesOnFromItsStateAsIfUndisturbed) {
  for (const space::GraphSpace& graph : {space::GraphSpace(kCells), space::GraphSpace(kLayers)}) {
    RandomBatches images;
    EnasSearch whole(small_options(graph), kTinyTask, 5, torch::kCPU);
    std::string state;
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
      whole.run_epoch(epoch, images);
      EnasSearch part(small_options(graph), kTinyTask, 5, torch::kCPU);
      if (!state.empty()) load(part, state);
      part.run_epoch(epoch, images);
      state = saved(part);
      EXPECT_EQ(part.preferences(), whole.preferences());
      EXPECT_EQ(part.current(epoch + 1, images), whole.current(epoch + 1, images));
    }
    EnasSearch last(small_options(graph), kTinyTask, 5, torch::kCPU);
    load(last, state);
    EXPECT_EQ(last.ranked(2, images)[0].architecture, whole.ranked(2, images)[0].architecture);
  }
}

TEST(EnasSearch, RanksDifferentArchitecturesByTheirAccuracy) {
  RandomBatches images;
  EnasOptions options = small_options(kLayers);
  options.num_epochs = 8;
  EnasSearch search(options, kTinyTask, 5, torch::kCPU);
  SearchReport last;
  const SearchReport first = search.run_epoch(0, images);
  for (std::int64_t epoch = 1; epoch < 8; ++epoch) last = search.run_epoch(epoch, images);
  EXPECT_GT(last.train_accuracy, first.train_accuracy);
  const auto ranking = search.ranked(5, images);
  ASSERT_THAT(ranking, testing::SizeIs(5));
  std::set<std::string> hashes;
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    hashes.insert(space::architecture_hash(ranking[i].architecture));
    EXPECT_GE(ranking[i].score, 0.0);
    EXPECT_LE(ranking[i].score, i == 0 ? 1.0 : ranking[i - 1].score);
  }
  EXPECT_THAT(hashes, testing::SizeIs(5));
}

TEST(EnasSearch, ItsPolicyLearnsWhichOperationsServe) {
  // Only layers that convolve can see which column is lit; pools of one map of 1x1 features blur
  // it.
  RandomBatches images;
  EnasOptions options{.space = space::MacroSpace{.primitives = {"conv_3x3", "max_pool_3x3"},
                                                 .num_layers = 2,
                                                 .skip_connections = false,
                                                 .init_channels = 8},
                      .num_epochs = 40,
                      .policy_updates = 5,
                      .policy_batch = 6};
  options.policy.network.hidden_size = 16;
  options.policy.network.tanh_constant = 2.5;
  options.policy.adam = {.learning_rate = 0.02};
  EnasSearch search(options, kTinyTask, 2, torch::kCPU);
  for (std::int64_t epoch = 0; epoch < 40; ++epoch) search.run_epoch(epoch, images);
  const auto ranking = search.ranked(4, images);
  const Json decisions = search.preferences().at("decisions");
  const auto& best = std::get<space::MacroArchitecture>(ranking.front().architecture.graph);
  const auto& worst = std::get<space::MacroArchitecture>(ranking.back().architecture.graph);
  ASSERT_GT(ranking.front().score, ranking.back().score + 0.1);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    if (best.layers[layer].op == worst.layers[layer].op) continue;
    const std::size_t chosen = best.layers[layer].op == "conv_3x3" ? 0 : 1;
    EXPECT_GT(decisions[layer].at("probabilities")[chosen].get<double>(), 0.5);
  }
}

}  // namespace
}  // namespace mimar::nas
