#include "nas/loss_tally.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

namespace mimar::nas {

LossTally::LossTally(torch::Device device)
    : sums_(at::zeros({3}, at::TensorOptions(device).dtype(at::kDouble))) {}

void LossTally::add(const torch::Tensor& mean_loss, const torch::Tensor& logits,
                    const torch::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  sums_[0].add_(mean_loss.detach(), labels.size(0));
  sums_[1].add_(logits.detach().argmax(1).eq(labels).sum());
  sums_[2].add_(labels.size(0));
}

LossTally::Result LossTally::result() const {
  const torch::Tensor sums = sums_.cpu();
  const double* values = sums.data_ptr<double>();
  return {.loss = values[0] / values[2], .accuracy = values[1] / values[2]};
}

}  // namespace mimar::nas
