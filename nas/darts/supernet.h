#pragma once

#include <torch/nn/modules/linear.h>

#include <map>
#include <set>
#include <vector>

#include "nas/cell_plan.h"
#include "nas/darts/alphas.h"
#include "nas/operations/sequence_module.h"

namespace mimar::nas {

/// The network that DARTS searches in: every operation on every edge, softly chosen.
///
/// An edge is sum_k softmax(alpha)_k op_k(x), eq. 2 of Liu, Simonyan & Yang, "DARTS:
/// Differentiable Architecture Search", ICLR 2019, arXiv:1806.09055. `none` adds exactly nothing
/// and is not computed; its weight is in the softmax all the same.
///
/// Neither is what has no weights computed again on the same map: a normalised pool of a node is
/// one and the same on all edges that leave it.
///
/// Children are named by node and edge ("cell3_node2_edge5"; what several edges share, by the
/// first), the linear layer head. The alphas are the caller's and no parameters of it. Shapes: N
/// images of C x H x W, K classes.
class SupernetImpl final : public torch::nn::Module {
 public:
  /// `options.kind` must be kDarts. Errors: those of plan_supernet; kInvalidArgument for another
  /// kind.
  explicit SupernetImpl(const SupernetOptions& options);

  /// x: normalised images [N, C, H, W] -> logits [N, K].
  /// Errors: kInvalidArgument when the alphas do not fit.
  torch::Tensor forward(const torch::Tensor& x, const Alphas& alphas);

  const std::vector<std::string>& operations() const noexcept { return operations_; }

 private:
  /// What one pass has computed so far: the nodes, and the results that several edges share.
  struct Pass {
    const Alphas& weights;  // after the softmax
    std::vector<torch::Tensor> maps;
    std::map<const SequenceImpl*, torch::Tensor> shared = {};
  };

  Sequence find_shared(const GraphEdge& edge, std::size_t num_nodes) const;
  torch::Tensor compute(std::size_t node, Pass& pass);
  torch::Tensor mix(std::size_t node, Pass& pass);
  torch::Tensor run(Sequence& sequence, std::size_t input, Pass& pass);

  std::vector<std::string> operations_;
  int num_nodes_;
  GraphPlan plan_;
  std::vector<std::vector<Sequence>> edges_;  // by node; null for `none`
  std::set<const SequenceImpl*> shared_;      // that several edges hold
  torch::nn::Linear head_ = nullptr;
};
TORCH_MODULE(Supernet);

}  // namespace mimar::nas
