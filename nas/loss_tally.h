#pragma once

#include <torch/types.h>

namespace mimar::nas {

/// Mean loss and accuracy over batches. Sums lie on the device and are read only at the end,
/// because reading waits for it.
class LossTally {
 public:
  struct Result {
    double loss = 0.0;
    double accuracy = 0.0;
  };

  explicit LossTally(torch::Device device);

  /// Shapes: mean_loss [], logits [N, K], labels [N].
  void add(const torch::Tensor& mean_loss, const torch::Tensor& logits,
           const torch::Tensor& labels);

  /// Loss, hits and images, for adding up over processes. Shapes: [3], double.
  torch::Tensor& sums() noexcept { return sums_; }

  /// NaN when nothing was added.
  Result result() const;

 private:
  torch::Tensor sums_;
};

}  // namespace mimar::nas
