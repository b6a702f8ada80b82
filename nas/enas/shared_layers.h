#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

#include "nas/enas/shared_network.h"

namespace mimar::nas {

/// The shared network of ENAS's macro space; see make_shared_network.
///
/// Children: stem, layerL_OPERATION, layerL_norm, layerL_halvedI, head.
class SharedLayersImpl final : public SharedNetworkImpl {
 public:
  /// Errors: kInvalidArgument when a size does not fit.
  SharedLayersImpl(const space::MacroSpace& space, const ImageTask& task);

  torch::Tensor forward(const torch::Tensor& x, const space::Architecture& architecture) override;

 private:
  struct Layer {
    std::vector<Sequence> branches;         // one an operation
    torch::nn::BatchNorm2d norm = nullptr;  // after the sum; none in the first layer
    std::vector<Sequence> halvings;         // of all maps so far, where the layer is followed by it
  };

  std::vector<std::string> primitives_;
  Sequence stem_ = nullptr;
  std::vector<Layer> layers_;
  torch::nn::Linear head_ = nullptr;
};

}  // namespace mimar::nas
