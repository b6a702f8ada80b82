#pragma once

#include <torch/types.h>

#include <cstdint>

namespace mimar::nas {

/// The functions below compute with ChannelKernels on the CPU where these suit (float or double
/// maps in channels-last layout, square windows of 3, 5 or 7 pixels), and as LibTorch does it
/// everywhere else. Results do not depend on the number of threads. Gradients can be differentiated
/// in turn: that goes by LibTorch.
///
/// Shapes: x [N, C, H, W] -> [N, C, H', W']. Errors: those of the LibTorch function.

/// torch::conv2d with one kernel a channel (groups = C). weight: [C, 1, K, K].
torch::Tensor depthwise_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                               std::int64_t stride, std::int64_t padding, std::int64_t dilation);

/// torch::max_pool2d over windows of `kernel` x `kernel`.
torch::Tensor max_pool2d(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride,
                         std::int64_t padding);

/// torch::avg_pool2d with count_include_pad = false.
torch::Tensor avg_pool2d(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride,
                         std::int64_t padding);

}  // namespace mimar::nas
