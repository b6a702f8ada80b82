#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "nas/script_writer.h"
#include "space/architecture.h"

namespace mimar::nas {

/// A network for image classification.
///
/// Shapes: N images of C x H x W, K classes.
class NetworkImpl : public torch::nn::Module {
 public:
  /// x: normalised images [N, C, H, W] -> logits [N, K].
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;

  /// Writes the network in evaluation mode; see OperationImpl::write.
  virtual std::string write(ScriptWriter& script, const std::string& x) const = 0;
};

/// Builds a network on the CPU, its weights not yet drawn (see initialise).
/// Errors: kInvalidArgument when the architecture is unsound or of a kind that cannot be built.
std::shared_ptr<NetworkImpl> make_network(const space::Architecture& architecture);

/// Draws all weights: convolutions normal with variance 2 / fan-in (He, Zhang, Ren & Sun,
/// "Delving deep into rectifiers", ICCV 2015, eq. 10), linear layers normal with variance
/// 1 / fan-in; biases 0; normalisation the identity. The order is that of the parameters, so equal
/// generators give equal networks.
void initialise(torch::nn::Module& network, at::Generator generator);

/// Lays the weights of all convolutions out with the channels last; feature maps follow the
/// weights. On a CPU that is faster for every operation here: convolutions by a fifth, depthwise
/// ones and pooling by half or more.
void use_channels_last(torch::nn::Module& network);

}  // namespace mimar::nas
