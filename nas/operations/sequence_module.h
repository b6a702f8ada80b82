#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <memory>
#include <string>
#include <vector>

#include "nas/operations/own_module.h"
#include "nas/operations/sequence_plan.h"
#include "nas/script_writer.h"

namespace mimar::nas {

/// Steps one after the other, as the plan says.
///
/// Children have stable names, numbered by their step: conv0, norm3; the two convolutions of a
/// HalvingStep are conv1a and conv1b.
/// Shapes: x [N, C, H, W] -> [N, C', H', W'], as output_shape of the plan has it.
class SequenceImpl final : public torch::nn::Module {
 public:
  explicit SequenceImpl(SequencePlan plan);

  torch::Tensor forward(const torch::Tensor& x);

  /// Writes the sequence in evaluation mode; see OperationImpl::write.
  std::string write(ScriptWriter& script, const std::string& x, const std::string& name) const;

 private:
  /// What a step has of modules; most have none.
  struct Part {
    std::vector<torch::nn::Conv2d> convs;
    torch::nn::BatchNorm2d norm = nullptr;
    std::shared_ptr<OwnModule> own;
  };

  torch::Tensor run(const Step& step, Part& part, const torch::Tensor& x) const;

  SequencePlan plan_;
  std::vector<Part> parts_;
};
TORCH_MODULE(Sequence);

}  // namespace mimar::nas
