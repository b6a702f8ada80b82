#pragma once

#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <vector>

#include "nas/chain_plan.h"
#include "nas/network.h"
#include "nas/operations/operation_module.h"

namespace mimar::nas {

/// A chain of operations with skips, global average pooling, and a linear layer.
///
/// Children are named layer0, layer1, ... and head.
class ChainNetworkImpl final : public NetworkImpl {
 public:
  explicit ChainNetworkImpl(ChainPlan plan);

  torch::Tensor forward(const torch::Tensor& x) override;
  std::string write(ScriptWriter& script, const std::string& x) const override;

 private:
  ChainPlan plan_;
  std::vector<std::shared_ptr<OperationImpl>> layers_;
  torch::nn::Linear head_ = nullptr;
};

}  // namespace mimar::nas
