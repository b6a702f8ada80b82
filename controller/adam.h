#pragma once

#include <torch/types.h>

#include <cstdint>

#include "controller/policy_options.h"

namespace mimar::controller {

/// Adam (Kingma & Ba, arXiv:1412.6980, algorithm 1) on one flat tensor.
///
/// LibTorch's own is not used, for its moments are to be saved and loaded by the names of weights,
/// in a form that no version of LibTorch changes.
class Adam {
 public:
  /// Shapes: values [P].
  Adam(const torch::Tensor& values, AdamOptions options);

  /// Moves `values` against `gradients`, both [P], in place.
  void step(torch::Tensor values, const torch::Tensor& gradients);

  // The state, for saving.
  torch::Tensor& first_moments() noexcept { return first_; }  // [P]
  const torch::Tensor& first_moments() const noexcept { return first_; }
  torch::Tensor& second_moments() noexcept { return second_; }  // [P]
  const torch::Tensor& second_moments() const noexcept { return second_; }
  std::int64_t num_steps() const noexcept { return num_steps_; }
  void set_num_steps(std::int64_t num_steps) noexcept { num_steps_ = num_steps; }

 private:
  AdamOptions options_;
  torch::Tensor first_;
  torch::Tensor second_;
  std::int64_t num_steps_ = 0;
};

}  // namespace mimar::controller
