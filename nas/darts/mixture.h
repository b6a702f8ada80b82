#pragma once

#include <torch/types.h>

#include <vector>

namespace mimar::nas {

/// The sum over parts of weight times part, in one pass over memory each way; the gradient by the
/// weights and by all parts is found in one more. Gradients can be differentiated in turn: that
/// goes by LibTorch, as does everything that is not float or double on the CPU.
///
/// weights: [M]; M parts of one shape and layout -> the same shape.
/// Errors: kInvalidArgument when there are none, or not as many of both.
torch::Tensor weighted_sum(const torch::Tensor& weights, const std::vector<torch::Tensor>& parts);

}  // namespace mimar::nas
