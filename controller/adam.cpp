#include "controller/adam.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <cmath>

namespace mimar::controller {

Adam::Adam(const torch::Tensor& values, AdamOptions options)
    : options_(options), first_(at::zeros_like(values)), second_(at::zeros_like(values)) {}

void Adam::step(torch::Tensor values, const torch::Tensor& gradients) {
  const torch::NoGradGuard no_grad;
  ++num_steps_;
  const auto t = static_cast<double>(num_steps_);
  first_.mul_(options_.beta1).add_(gradients, 1.0 - options_.beta1);
  second_.mul_(options_.beta2).addcmul_(gradients, gradients, 1.0 - options_.beta2);
  const double first_correction = 1.0 - std::pow(options_.beta1, t);
  const double second_correction = 1.0 - std::pow(options_.beta2, t);
  const torch::Tensor spread = (second_ / second_correction).sqrt_().add_(options_.epsilon);
  values.addcdiv_(first_, spread, -options_.learning_rate / first_correction);
}

}  // namespace mimar::controller
