#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "nas/graph_plan.h"
#include "nas/operations/sequence_module.h"
#include "space/graph_space.h"

namespace mimar::nas {

/// A network whose weights all architectures of a space share; it computes one of them at a time
/// (Pham et al., "Efficient neural architecture search via parameter sharing", ICML 2018,
/// arXiv:1802.03268, and its code).
///
/// Normalisation is meant to use batch statistics always: the running ones mix all architectures.
/// Shapes: N images of C x H x W, K classes.
class SharedNetworkImpl : public torch::nn::Module {
 public:
  /// x: normalised images [N, C, H, W] -> logits [N, K], by the operations that the architecture
  /// chose and no others.
  /// Errors: kInvalidArgument when it is not of this network's space.
  virtual torch::Tensor forward(const torch::Tensor& x,
                                const space::Architecture& architecture) = 0;
};

/// Builds the shared network of a space: ENAS's micro cells or its macro layers.
///
/// Micro: as the network of plan_cells (kEnasMicro), but reductions are factorized reductions
/// before a cell of stride 1, each operation has weights of its own for every node, side and input,
/// and what nobody reads goes through ReLU and a 1x1 convolution each, is summed and normalised, so
/// that widths do not depend on the architecture. Macro: as plan_macro, but skips are summed with
/// the branch and normalised, and widths stay the same. The auxiliary head, dropout and drop-path
/// of ENAS's code are left out.
/// Errors: kInvalidArgument for another space, or when a size does not fit.
std::shared_ptr<SharedNetworkImpl> make_shared_network(const space::GraphSpace& space,
                                                       const ImageTask& task);

}  // namespace mimar::nas
