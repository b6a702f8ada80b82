// The functions with kernels of our own, against LibTorch's.

#include "nas/operations/channel_functions.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "base/error.h"
#include "nas/darts/mixture.h"

namespace mimar::nas {
namespace {

using Tensors = std::vector<torch::Tensor>;
using Function = std::function<torch::Tensor(const Tensors&)>;

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

torch::Tensor map_of(torch::IntArrayRef sizes, torch::ScalarType type) {
  return torch::randn(sizes, type).contiguous(kChannelsLast);
}

/// The value and the gradients by all inputs of a weighted sum of it.
Tensors value_and_gradients(const Function& function, const Tensors& inputs) {
  Tensors leaves;
  for (const torch::Tensor& input : inputs) {
    leaves.push_back(input.detach().clone().set_requires_grad(true));
  }
  const torch::Tensor value = function(leaves);
  const torch::Tensor slope =
      torch::randn(value.sizes(), at::make_generator<at::CPUGeneratorImpl>(8), value.options());
  Tensors all = torch::autograd::grad({value}, leaves, {slope});
  all.insert(all.begin(), value.detach());
  return all;
}

void expect_same(const Function& ours, const Function& theirs, const Tensors& inputs) {
  const Tensors found = value_and_gradients(ours, inputs);
  const Tensors expected = value_and_gradients(theirs, inputs);
  const double tolerance = inputs[0].scalar_type() == torch::kFloat ? 2e-5 : 1e-12;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].sizes(), expected[i].sizes()) << i;
    const double scale = 1.0 + expected[i].abs().max().item<double>();
    EXPECT_LT((found[i] - expected[i]).abs().max().item<double>(), tolerance * scale) << i;
  }
}

struct Case {
  std::vector<std::int64_t> sizes;  // [N, C, H, W]
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t dilation;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::int64_t kernel : {3, 5, 7}) {
    for (const std::int64_t stride : {1, 2, 3}) {
      for (const std::int64_t dilation : {1, 2}) {
        all.push_back({{3, 8, 7, 7}, kernel, stride, dilation});
        all.push_back({{2, 20, 13, 9}, kernel, stride, dilation});
        all.push_back({{9, 1, 8, 8}, kernel, stride, dilation});
      }
    }
  }
  return all;
}

std::string describe(const Case& one) {
  return concat(torch::IntArrayRef(one.sizes), " kernel ", one.kernel, " stride ", one.stride,
                " dilation ", one.dilation);
}

TEST(ChannelFunctions, ConvolveDepthwiseAsLibTorchDoes) {
  torch::manual_seed(1);
  for (const Case& one : cases()) {
    SCOPED_TRACE(describe(one));
    const std::int64_t padding = one.dilation * (one.kernel / 2);
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      const torch::Tensor x = map_of(one.sizes, type);
      const torch::Tensor w = torch::randn({one.sizes[1], 1, one.kernel, one.kernel}, type);
      expect_same(
          [&](const Tensors& in) {
            return depthwise_conv2d(in[0], in[1], one.stride, padding, one.dilation);
          },
          [&](const Tensors& in) {
            return torch::conv2d(in[0], in[1], {}, one.stride, padding, one.dilation, x.size(1));
          },
          {x, w});
    }
  }
}

TEST(ChannelFunctions, PoolAsLibTorchDoes) {
  torch::manual_seed(2);
  for (const Case& one : cases()) {
    if (one.dilation != 1) continue;
    SCOPED_TRACE(describe(one));
    const std::int64_t padding = one.kernel / 2;
    const std::vector<std::int64_t> kernel(2, one.kernel);
    const std::vector<std::int64_t> stride(2, one.stride);
    const std::vector<std::int64_t> margin(2, padding);
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      // Rounded, and cut off below: many maxima are equal, as after a ReLU.
      const torch::Tensor x = map_of(one.sizes, type).mul(4).round().relu();
      expect_same(
          [&](const Tensors& in) { return max_pool2d(in[0], one.kernel, one.stride, padding); },
          [&](const Tensors& in) { return torch::max_pool2d(in[0], kernel, stride, margin); }, {x});
      expect_same(
          [&](const Tensors& in) { return avg_pool2d(in[0], one.kernel, one.stride, padding); },
          [&](const Tensors& in) {
            return torch::avg_pool2d(in[0], kernel, stride, margin, false, false);
          },
          {x});
    }
  }
}

TEST(ChannelFunctions, PassNotANumberOn) {
  torch::Tensor x = map_of({1, 8, 6, 6}, torch::kFloat);
  x[0][2][3][3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(max_pool2d(x, 3, 1, 1).isnan().sum().item<int>(), 9);
  EXPECT_EQ(avg_pool2d(x, 3, 1, 1).isnan().sum().item<int>(), 9);
  EXPECT_EQ(depthwise_conv2d(x, torch::ones({8, 1, 3, 3}), 1, 1, 1).isnan().sum().item<int>(), 9);
}

TEST(ChannelFunctions, TakeEveryOtherLayoutAndType) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({2, 6, 9, 9});  // [N, C, H, W] in memory
  const torch::Tensor w = torch::randn({6, 1, 3, 3});
  EXPECT_TRUE(torch::allclose(depthwise_conv2d(x, w, 2, 1, 1), torch::conv2d(x, w, {}, 2, 1, 1, 6),
                              1e-5, 1e-6));
  EXPECT_TRUE(torch::equal(max_pool2d(x, 3, 1, 1), torch::max_pool2d(x, 3, 1, 1)));
  EXPECT_TRUE(torch::equal(max_pool2d(x, 2, 2, 0), torch::max_pool2d(x, 2, 2, 0)));
  const torch::Tensor brief = x.to(torch::kBFloat16).contiguous(kChannelsLast);
  EXPECT_EQ(avg_pool2d(brief, 3, 1, 1).scalar_type(), torch::kBFloat16);
  EXPECT_THROW(depthwise_conv2d(x, torch::randn({5, 1, 3, 3}), 1, 1, 1), c10::Error);
}

/// Numbers of threads change nothing, to the last bit.
TEST(ChannelFunctions, GiveTheSameOnAnyNumberOfThreads) {
  torch::manual_seed(4);
  const torch::Tensor x = map_of({37, 12, 10, 10}, torch::kFloat);
  const torch::Tensor w = torch::randn({12, 1, 5, 5});
  const Function function = [&](const Tensors& in) {
    const torch::Tensor y = depthwise_conv2d(in[0], in[1], 1, 4, 2);
    const torch::Tensor parts = torch::softmax(in[1].view({-1}).slice(0, 0, 2), 0);
    return weighted_sum(parts, {max_pool2d(y, 3, 1, 1), avg_pool2d(y, 3, 1, 1)});
  };
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Tensors alone = value_and_gradients(function, {x, w});
  at::set_num_threads(3);
  const Tensors together = value_and_gradients(function, {x, w});
  at::set_num_threads(before);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(torch::equal(alone[i], together[i]));
}

/// The gradient's own gradient, as DARTS's exact second order needs it.
Tensors second_gradients(const Function& function, const Tensors& inputs) {
  Tensors leaves;
  for (const torch::Tensor& input : inputs) {
    leaves.push_back(input.detach().clone().set_requires_grad(true));
  }
  const torch::Tensor value = function(leaves).pow(2).sum();
  const Tensors first = torch::autograd::grad({value}, leaves, {}, true, true);
  torch::Tensor sum = torch::zeros({}, value.options());
  for (const torch::Tensor& gradient : first) sum = sum + gradient.pow(2).sum();
  return torch::autograd::grad({sum}, leaves);
}

TEST(ChannelFunctions, CanBeDifferentiatedTwice) {
  torch::manual_seed(5);
  const torch::Tensor x = map_of({2, 4, 6, 6}, torch::kDouble);
  const torch::Tensor w = torch::randn({4, 1, 3, 3}, torch::kDouble);
  const auto found = second_gradients(
      [&](const Tensors& in) {
        const torch::Tensor y = depthwise_conv2d(in[0], in[1], 1, 1, 1);
        return weighted_sum(in[1].view({-1}).slice(0, 0, 2),
                            {max_pool2d(y, 3, 1, 1), avg_pool2d(y, 3, 1, 1)});
      },
      {x, w});
  const auto expected = second_gradients(
      [&](const Tensors& in) {
        const torch::Tensor y = torch::conv2d(in[0], in[1], {}, 1, 1, 1, 4);
        return in[1].view({-1})[0] * torch::max_pool2d(y, 3, 1, 1) +
               in[1].view({-1})[1] * torch::avg_pool2d(y, 3, 1, 1, false, false);
      },
      {x, w});
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(torch::allclose(found[i], expected[i], 1e-9, 1e-9)) << i;
  }
}

TEST(WeightedSum, IsTheSumOfWeightTimesPart) {
  torch::manual_seed(7);
  for (const auto type : {torch::kFloat, torch::kDouble}) {
    const torch::Tensor weights = torch::rand({3}, type);
    const Tensors inputs = {weights, map_of({4, 8, 17, 17}, type), map_of({4, 8, 17, 17}, type),
                            map_of({4, 8, 17, 17}, type)};
    expect_same(
        [](const Tensors& in) {
          return weighted_sum(in[0], {in[1], in[2], in[3]});
        },
        [](const Tensors& in) { return in[0][0] * in[1] + in[0][1] * in[2] + in[0][2] * in[3]; },
        inputs);
    // Layouts that differ.
    expect_same(
        [](const Tensors& in) {
          return weighted_sum(in[0].slice(0, 0, 2), {in[1], in[2]});
        },
        [](const Tensors& in) { return in[0][0] * in[1] + in[0][1] * in[2]; },
        {weights, inputs[1].contiguous(), inputs[2]});
  }
  EXPECT_THROW(weighted_sum(torch::ones({2}), {torch::ones({1})}), Error);
  EXPECT_THROW(weighted_sum(torch::ones({0}), {}), Error);
}

}  // namespace
}  // namespace mimar::nas
