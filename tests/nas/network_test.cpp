#include "nas/network.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "nas/chain_plan.h"
#include "nas/counts.h"
#include "nas/operations/operation_module.h"
#include "tests/nas/chains.h"

namespace mimar::nas {
namespace {

std::shared_ptr<NetworkImpl> make_initialised(const space::ChainArchitecture& chain,
                                              std::uint64_t seed = 1) {
  auto network = make_network({chain});
  initialise(*network, at::detail::createCPUGenerator(seed));
  return network;
}

torch::Tensor make_images(const space::ChainArchitecture& chain, std::int64_t count) {
  return torch::randn({count, chain.input_sizes[2], chain.input_sizes[0], chain.input_sizes[1]});
}

/// Multiply-adds from the sizes of real tensors: each weight of a convolution is used once for each
/// pixel of the layer's output (a 1x1 stage keeps the sides, so this holds for separable ones).
std::int64_t count_macs_by_running(const space::ChainArchitecture& chain) {
  const ChainPlan plan = plan_chain(chain);
  std::vector<torch::Tensor> outputs = {make_images(chain, 2)};
  std::int64_t macs = 0;
  for (const LayerPlan& layer : plan.layers) {
    std::vector<torch::Tensor> parts;
    const torch::Tensor& previous = outputs.back();
    for (const std::size_t source : layer.sources) {
      parts.push_back(
          torch::adaptive_avg_pool2d(outputs[source], {previous.size(2), previous.size(3)}));
    }
    const auto operation = make_operation(layer.operation);
    const torch::Tensor y = operation->forward(torch::cat(parts, 1));
    EXPECT_EQ(y.sizes(), torch::IntArrayRef(
                             {2, layer.output.channels, layer.output.height, layer.output.width}));
    for (const torch::Tensor& parameter : operation->parameters()) {
      if (parameter.dim() == 4) macs += parameter.numel() * y.size(2) * y.size(3);
    }
    outputs.push_back(y);
  }
  return macs + (outputs.back().size(1) + 1) * chain.output_sizes[0];
}

TEST(Network, HasTheCountedParametersMacsAndShapes) {
  const torch::NoGradGuard no_grad;
  Rng rng(11);
  for (int i = 0; i < 60; ++i) {
    SCOPED_TRACE(testing::Message() << "chain " << i);
    const space::ChainArchitecture chain = make_random_chain(rng);
    const auto network = make_initialised(chain);
    std::int64_t parameters = 0;
    for (const torch::Tensor& parameter : network->parameters()) parameters += parameter.numel();
    EXPECT_EQ(parameter_count({chain}), parameters);
    EXPECT_EQ(macs({chain}), count_macs_by_running(chain));
    const torch::Tensor logits = network->forward(make_images(chain, 3));
    EXPECT_EQ(logits.sizes(), torch::IntArrayRef({3, chain.output_sizes[0]}));
  }
}

TEST(Network, ComputesWhatItsPartsCompute) {
  const torch::NoGradGuard no_grad;
  const auto chain = make_chain(
      {4, 4, 1}, 2,
      {make_layer("reduction"),  // max of 2 x 2
       make_layer("reduction", {{"reduction_type", "avg_pooling"}}, {0}), make_layer("identity")});
  const auto network = make_initialised(chain);
  const auto parameters = network->named_parameters();
  parameters["head.weight"].copy_(torch::tensor({{1.0F, 0.0F}, {0.0F, 1.0F}}));
  const torch::Tensor x = torch::arange(16, torch::kFloat).reshape({1, 1, 4, 4});
  const torch::Tensor y = network->forward(x);
  // The maxima are 5, 7, 13, 15, their mean 10; the input's mean is 7.5, pooled or not.
  EXPECT_TRUE(torch::allclose(y, torch::tensor({{10.0F, 7.5F}})));
}

TEST(Network, PadsEvenKernelsMoreAtTheEnd) {
  const torch::NoGradGuard no_grad;
  const ConvPlan plan{{{.in = 1, .out = 1, .kernel = 2, .stride = 1, .groups = 1}}};
  const auto operation = make_operation(plan);
  operation->parameters()[0].fill_(1.0);
  operation->eval();
  const torch::Tensor x = torch::tensor({{1.0F, 2.0F}, {3.0F, 4.0F}}).reshape({1, 1, 2, 2});
  const torch::Tensor expected = torch::tensor({{10.0F, 6.0F}, {7.0F, 4.0F}}).reshape({1, 1, 2, 2});
  EXPECT_TRUE(torch::allclose(operation->forward(x), expected, 1e-4, 1e-4));
}

TEST(Network, StartsAsHeEtAlSay) {
  const auto chain = make_chain({8, 8, 3}, 10,
                                {make_layer("convolution", {{"num_filter", "200"}}),
                                 make_layer("separable_convolution", {{"num_filter", "300"}})});
  const auto network = make_initialised(chain, 5);
  const auto parameters = network->named_parameters();
  const auto expect_variance = [&](const char* name, double variance) {
    const torch::Tensor weight = parameters[name].to(torch::kDouble);
    const auto n = static_cast<double>(weight.numel());
    // The sum of squares is variance chi^2_n; its relative deviation is sqrt(2/n): 5 sigma fails by
    // chance in about 6 of 1e7 seeds, and this seed is fixed.
    EXPECT_NEAR(weight.square().mean().item<double>() / variance, 1.0, 5.0 * std::sqrt(2.0 / n))
        << name;
  };
  expect_variance("layer0.conv0.weight", 2.0 / 27.0);
  expect_variance("layer1.conv0.weight", 2.0 / 9.0);  // depthwise: one channel goes in
  expect_variance("layer1.conv1.weight", 2.0 / 200.0);
  expect_variance("head.weight", 1.0 / 300.0);
  EXPECT_EQ(parameters["layer0.norm.weight"].min().item<float>(), 1.0F);
  EXPECT_EQ(parameters["head.bias"].abs().max().item<float>(), 0.0F);
}

TEST(Network, IsTheSameForTheSameSeed) {
  const auto chain = make_chain({8, 8, 3}, 10, {make_layer("convolution")});
  const auto first = make_initialised(chain, 3)->parameters();
  const auto again = make_initialised(chain, 3)->parameters();
  const auto other = make_initialised(chain, 4)->parameters();
  EXPECT_TRUE(torch::equal(first[0], again[0]));
  EXPECT_FALSE(torch::equal(first[0], other[0]));
}

}  // namespace
}  // namespace mimar::nas
