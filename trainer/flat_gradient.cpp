#include "trainer/flat_gradient.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace mimar::trainer {

FlatGradient::FlatGradient(const std::vector<torch::Tensor>& parameters) {
  std::int64_t size = 1;
  for (const torch::Tensor& parameter : parameters) size += parameter.numel();
  flat_ = at::zeros({size}, parameters.front().options().requires_grad(false));
  std::int64_t start = 0;
  for (const torch::Tensor& parameter : parameters) {
    // Laid out as the weights are (channels last or not): optimizers then walk both in one pass.
    parameter.mutable_grad() = flat_.as_strided(parameter.sizes(), parameter.strides(), start);
    start += parameter.numel();
  }
}

void FlatGradient::clear() { flat_.zero_(); }

torch::Tensor FlatGradient::sum(World& world, const torch::Tensor& loss) {
  const torch::NoGradGuard no_grad;
  torch::Tensor last = flat_[-1];
  last.copy_(loss.detach());
  world.sum(flat_);
  return last.clone();
}

}  // namespace mimar::trainer
