#pragma once

#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

#include "nas/graph_plan.h"
#include "nas/network.h"
#include "nas/operations/sequence_module.h"

namespace mimar::nas {

/// A network of cells or of the macro space, built as its plan says.
///
/// Children are named by node and edge ("cell3_node2_edge0"), the linear layer head, and the
/// auxiliary head auxiliary_features and auxiliary_head. A feature map is let go of after its last
/// reader, so evaluation holds few at a time.
class GraphNetworkImpl final : public NetworkImpl {
 public:
  explicit GraphNetworkImpl(GraphPlan plan);

  torch::Tensor forward(const torch::Tensor& x) override;
  TrainingOutput forward_training(const torch::Tensor& x, const DropPath& drop) override;
  std::string write(ScriptWriter& script, const std::string& x) const override;

 private:
  torch::Tensor compute(const GraphNode& node, std::vector<Sequence>& edges,
                        const std::vector<torch::Tensor>& maps, const DropPath* drop);
  TrainingOutput run(const torch::Tensor& x, const DropPath* drop);

  GraphPlan plan_;
  std::vector<std::vector<Sequence>> edges_;  // by node
  std::vector<std::size_t> last_readers_;     // by node: the last node that reads it
  torch::nn::Linear head_ = nullptr;
  Sequence auxiliary_features_ = nullptr;
  torch::nn::Linear auxiliary_head_ = nullptr;
};

}  // namespace mimar::nas
