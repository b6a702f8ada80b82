#include "nas/graph_network.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "base/error.h"
#include "nas/cell_plan.h"
#include "nas/counts.h"
#include "nas/operations/primitive_plan.h"
#include "tests/nas/graphs.h"

namespace mimar::nas {
namespace {

torch::Tensor make_images(const ImageTask& task, std::int64_t count) {
  return torch::randn({count, task.image.channels, task.image.height, task.image.width});
}

std::int64_t count_parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

// tests/trainer/network_parity.py compares the multiply-adds.
TEST(GraphNetwork, HasTheCountedParametersAndShapes) {
  const torch::NoGradGuard no_grad;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Rng rng(seed);
    for (const space::Architecture& architecture : draw_graphs(rng)) {
      SCOPED_TRACE(space::to_line(architecture));
      const auto network = make_network(architecture, kSmallTask);
      const GraphPlan plan = plan_graph(architecture, kSmallTask);
      EXPECT_EQ(count_parameters(*network), count(plan).parameters);
      const torch::Tensor logits = network->forward(make_images(kSmallTask, 2));
      EXPECT_EQ(logits.sizes(), torch::IntArrayRef({2, 5}));
    }
  }
}

TEST(GraphNetwork, HasTheSizeOfTheSupernets) {
  const torch::NoGradGuard no_grad;
  for (const SupernetKind kind : {SupernetKind::kDarts, SupernetKind::kPcDarts}) {
    const GraphPlan plan =
        plan_supernet({.kind = kind, .task = kSmallTask, .channels = 8, .cells = 3, .nodes = 2});
    GraphNetworkImpl network(plan);
    EXPECT_EQ(count_parameters(network), count(plan).parameters);
    EXPECT_EQ(network.forward(make_images(kSmallTask, 2)).sizes(), torch::IntArrayRef({2, 5}));
  }
}

TEST(GraphNetwork, TakesImagesOfOddSides) {
  const torch::NoGradGuard no_grad;
  const ImageTask odd{.image = {.channels = 1, .height = 7, .width = 13}, .classes = 3};
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Rng rng(seed);
    for (const space::Architecture& architecture : draw_graphs(rng)) {
      SCOPED_TRACE(space::to_line(architecture));
      const auto network = make_network(architecture, odd);
      EXPECT_EQ(network->forward(make_images(odd, 2)).sizes(), torch::IntArrayRef({2, 3}));
    }
  }
}

TEST(GraphNetwork, LearnsWithEveryParameter) {
  space::CellArchitecture cells{
      .kind = space::CellKind::kDarts, .num_cells = 3, .init_channels = 4};
  cells.normal = {2, {{{0, "sep_conv_3x3"}, {1, "dil_conv_5x5"}}}};
  cells.reduce = {2, {{{0, "max_pool_3x3"}, {1, "skip_connect"}}}};
  const auto network = make_network({cells}, kSmallTask);
  initialise(*network, at::detail::createCPUGenerator(1));
  network->forward(make_images(kSmallTask, 4)).square().sum().backward();
  for (const auto& item : network->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

TEST(GraphNetwork, HasItsAuxiliaryHeadInTrainingOnly) {
  const torch::NoGradGuard no_grad;
  const ImageTask task{.image = {.channels = 3, .height = 32, .width = 32}, .classes = 10};
  space::CellArchitecture cells{
      .kind = space::CellKind::kDarts, .num_cells = 3, .init_channels = 4};
  cells.normal = {2, {{{0, "sep_conv_3x3"}, {1, "skip_connect"}}}};
  cells.reduce = cells.normal;
  const auto network = make_network({cells}, task, true);
  const GraphPlan plan = plan_graph({cells}, task, true);
  // Cell 2 ends with one node of 16 channels: 16 128 + 2 128, 4 128 768 + 2 768, 768 10 + 10.
  EXPECT_EQ(auxiliary_parameter_count(plan), 2048 + 256 + 393'216 + 1536 + 7690);
  EXPECT_EQ(count_parameters(*network), count(plan).parameters + auxiliary_parameter_count(plan));
  const torch::Tensor images = make_images(task, 2);
  const TrainingOutput output = network->forward_training(images, {});
  EXPECT_EQ(output.auxiliary_logits.sizes(), torch::IntArrayRef({2, 10}));
  EXPECT_THROW(make_network({space::MacroArchitecture{}}, task, true), Error);
}

TEST(DropPath, ZeroesWholeImagesAndKeepsTheMean) {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t kImages = 20'000;
  const DropPath drop{.probability = 0.3, .generator = at::detail::createCPUGenerator(4)};
  const torch::Tensor y = drop_path(torch::ones({kImages, 2, 1, 3}), drop).flatten(1);
  const auto [least, least_at] = y.min(1);
  const auto [most, most_at] = y.max(1);
  EXPECT_TRUE(torch::equal(least, most));  // an image is dropped as a whole
  EXPECT_TRUE(torch::allclose(most.masked_select(most > 0), torch::tensor(1.0F / 0.7F)));
  // Kept images are binomial, deviation sqrt(0.3 0.7 n) = 65: 6 sigma fails by chance in about 2 of
  // 1e9 seeds, and this one is fixed.
  EXPECT_NEAR(static_cast<double>(most.count_nonzero().item<std::int64_t>()), 0.7 * kImages, 390);
}

TEST(DropPath, SparesIdentities) {
  const torch::NoGradGuard no_grad;
  space::CellArchitecture cells{
      .kind = space::CellKind::kDarts, .num_cells = 4, .init_channels = 4};
  cells.normal = {2, {{{0, "skip_connect"}, {1, "skip_connect"}}}};
  cells.reduce = {2, {{{0, "max_pool_3x3"}, {1, "skip_connect"}}}};
  const GraphPlan plan = plan_graph({cells}, kSmallTask);
  const auto droppable = [&](std::string_view name) {
    for (const GraphNode& node : plan.nodes) {
      if (node.name == name) return node.edges[1].droppable;
    }
    return false;
  };
  EXPECT_FALSE(droppable("cell0_node2"));
  EXPECT_TRUE(droppable("cell1_node2"));  // at stride 2 it is a FactorizedReduce
}

torch::Tensor run(const SequencePlan& plan, const torch::Tensor& x) {
  Sequence sequence(plan);
  sequence->eval();
  return sequence->forward(x);
}

TEST(Sequence, AveragesOnlyPixelsThatExist) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::arange(1, 5, torch::kFloat).reshape({1, 1, 2, 2});
  const torch::Tensor y = run(plan_primitive("avg_pool_3x3", {.channels = 1}), x);
  EXPECT_TRUE(torch::allclose(y, torch::full({1, 1, 2, 2}, 2.5)));  // with padding: 10 / 9
}

TEST(Sequence, HalvesWithTwoSetsOfPixels) {
  const torch::NoGradGuard no_grad;
  Sequence halving(SequencePlan{HalvingStep{.in = 1, .out = 2}});
  for (torch::Tensor& weight : halving->parameters()) weight.fill_(1.0);
  // Side 3: pixels 0, 2, 6, 8 and, one further, 4 and zeros beyond the edge.
  const torch::Tensor odd = halving->forward(torch::arange(9, torch::kFloat).reshape({1, 1, 3, 3}));
  EXPECT_TRUE(torch::equal(
      odd, torch::tensor({0.0F, 2.0F, 6.0F, 8.0F, 4.0F, 0.0F, 0.0F, 0.0F}).reshape({1, 2, 2, 2})));
  const torch::Tensor even =
      halving->forward(torch::arange(16, torch::kFloat).reshape({1, 1, 4, 4}));
  EXPECT_TRUE(torch::equal(
      even,
      torch::tensor({0.0F, 2.0F, 8.0F, 10.0F, 5.0F, 7.0F, 13.0F, 15.0F}).reshape({1, 2, 2, 2})));
  EXPECT_EQ(halving->forward(torch::ones({1, 1, 1, 1})).sizes(), torch::IntArrayRef({1, 2, 1, 1}));
}

TEST(Sequence, DilatesByTwo) {
  const torch::NoGradGuard no_grad;
  Sequence dilated(plan_primitive("dil_conv_3x3", {.channels = 1, .affine = false}));
  for (torch::Tensor& weight : dilated->parameters()) weight.fill_(1.0);
  dilated->eval();
  torch::Tensor x = torch::zeros({1, 1, 7, 7});
  x[0][0][3][3] = 1.0;
  const torch::Tensor y = dilated->forward(x);
  EXPECT_EQ(y.count_nonzero().item<std::int64_t>(), 9);  // at distances 0 and 2
  EXPECT_NE(y[0][0][1][5].item<float>(), 0.0F);
  EXPECT_EQ(y[0][0][2][3].item<float>(), 0.0F);
}

TEST(Sequence, ZerosWhatNoneReads) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor y =
      run(plan_primitive("none", {.channels = 1, .stride = 2}), torch::ones({1, 1, 5, 5}));
  EXPECT_TRUE(torch::equal(y, torch::zeros({1, 1, 3, 3})));
}

}  // namespace
}  // namespace mimar::nas
