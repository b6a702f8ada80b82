#pragma once

#include <torch/optim/optimizer.h>

#include <cmath>
#include <numbers>

namespace mimar::nas {

/// Sets the learning rate of all of an optimizer's parameters.
inline void set_learning_rate(torch::optim::Optimizer& optimizer, double lr) {
  for (torch::optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    group.options().set_lr(lr);
  }
}

/// From `first` at t = 0 down to `last` at t = 1, along half a cosine (Loshchilov & Hutter, "SGDR",
/// ICLR 2017, eq. 5).
inline double cosine_rate(double first, double last, double t) {
  return last + (first - last) / 2.0 * (1.0 + std::cos(std::numbers::pi * t));
}

}  // namespace mimar::nas
