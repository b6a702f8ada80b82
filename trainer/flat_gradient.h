#pragma once

#include <torch/types.h>

#include <vector>

#include "trainer/world.h"

namespace mimar::trainer {

/// The gradients of all parameters side by side in one tensor, and the loss behind them, so that
/// one all-reduce a step carries everything. The parameters' gradients are views of it.
class FlatGradient {
 public:
  /// Takes the place of the parameters' gradients. They must be of one type and on one device.
  explicit FlatGradient(const std::vector<torch::Tensor>& parameters);

  /// Sets all gradients to 0; the next backward pass adds to them.
  void clear();

  /// Replaces the gradients by their sums over all processes, and returns the sum of the losses.
  /// Shapes: loss [] -> []. Errors: as World::sum.
  torch::Tensor sum(World& world, const torch::Tensor& loss);

 private:
  torch::Tensor flat_;  // [P + 1]
};

}  // namespace mimar::trainer
