#include "trainer/loss.h"

#include <ATen/ATen.h>

namespace mimar::trainer {
namespace {

constexpr std::int64_t kNoLabelIgnored = -100;  // LibTorch's default

torch::Tensor smoothed_cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                     double smoothing) {
  return at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::Mean, kNoLabelIgnored,
                                smoothing);
}

}  // namespace

torch::Tensor training_loss(const nas::TrainingOutput& output, const torch::Tensor& labels,
                            const RegularisationOptions& options) {
  torch::Tensor loss = smoothed_cross_entropy(output.logits, labels, options.label_smoothing);
  if (!output.auxiliary_logits.defined()) return loss;
  return loss + options.auxiliary_weight * smoothed_cross_entropy(output.auxiliary_logits, labels,
                                                                  options.label_smoothing);
}

}  // namespace mimar::trainer
