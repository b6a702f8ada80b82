#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "nas/graph_plan.h"
#include "nas/script_writer.h"
#include "space/architecture.h"

namespace mimar::nas {

/// Drop-path (Larsson, Maire & Shakhnarovich, "FractalNet", ICLR 2017, arXiv:1605.07648, in the
/// form of NASNet and DARTS): the result of an edge is zeroed for each image with `probability`,
/// and divided by 1 - probability where it stays. Edges without steps are spared.
struct DropPath {
  double probability = 0.0;      // in [0, 1)
  at::Generator generator = {};  // of the CPU; must be given when probability > 0
};

/// Applies drop-path to one edge's result. Shapes: [N, C, H, W], masks [N, 1, 1, 1].
torch::Tensor drop_path(const torch::Tensor& x, const DropPath& drop);

/// What a network says while it trains. Shapes: [N, K] both.
struct TrainingOutput {
  torch::Tensor logits;
  torch::Tensor auxiliary_logits = {};  // undefined without an auxiliary head
};

/// A network for image classification.
///
/// Shapes: N images of C x H x W, K classes.
class NetworkImpl : public torch::nn::Module {
 public:
  /// x: normalised images [N, C, H, W] -> logits [N, K].
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;

  /// As forward, with drop-path, and with the auxiliary head where there is one. Networks without
  /// cells have neither.
  virtual TrainingOutput forward_training(const torch::Tensor& x, const DropPath& /*drop*/) {
    return {.logits = forward(x)};
  }

  /// Writes the network in evaluation mode; see OperationImpl::write.
  virtual std::string write(ScriptWriter& script, const std::string& x) const = 0;
};

/// Builds a network on the CPU, its weights not yet drawn (see initialise). A chain does not heed
/// the task: it says itself what it is for. Errors: kInvalidArgument when the architecture is
/// unsound, or has no place for an auxiliary head that is asked for.
std::shared_ptr<NetworkImpl> make_network(const space::Architecture& architecture,
                                          const ImageTask& task = {}, bool auxiliary = false);

/// Draws all weights: convolutions normal with variance 2 / fan-in (He, Zhang, Ren & Sun,
/// "Delving deep into rectifiers", ICCV 2015, eq. 10), linear layers normal with variance
/// 1 / fan-in; biases 0; normalisation the identity. The order is that of the parameters, so equal
/// generators give equal networks.
void initialise(torch::nn::Module& network, at::Generator generator);

/// Lays the weights of all convolutions out with the channels last; feature maps follow the
/// weights. On a CPU that is faster for every operation here: convolutions by a fifth, depthwise
/// ones and pooling by half or more.
void use_channels_last(torch::nn::Module& network);

/// Puts every normalisation in evaluation mode: it uses the running statistics (mean 0 and variance
/// 1 in a new network) and measures none, so that nothing but its scale and shift remains. To be
/// called again after each `train()`.
void freeze_normalisation(torch::nn::Module& network);

}  // namespace mimar::nas
