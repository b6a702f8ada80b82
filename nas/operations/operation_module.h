#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <string_view>

#include "nas/operations/operation_plan.h"
#include "nas/script_writer.h"

namespace mimar::nas {

/// One operation of a network, built as its plan says.
///
/// Shapes: N batch, C channels, H x W pixels.
class OperationImpl : public torch::nn::Module {
 public:
  /// x: [N, C, H, W] -> [N, C', H', W'], as output_shape of the plan has it.
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;

  /// Writes the operation in evaluation mode: statements that compute it from the variable `x`,
  /// with its tensors under names that begin with `name`. Returns the result's variable.
  virtual std::string write(ScriptWriter& script, const std::string& x,
                            const std::string& name) const = 0;
};

/// Builds an operation. Children have stable names (conv0, conv1, norm): they are the checkpoint's.
std::shared_ptr<OperationImpl> make_operation(const OperationPlan& plan);

}  // namespace mimar::nas
