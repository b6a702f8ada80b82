#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>

#include "nas/operations/operation_module.h"
#include "nas/operations/own_operation.h"

namespace mimar::nas {

/// A user's own operation out of its TorchScript file.
///
/// The file's module has `forward(x: Tensor) -> Tensor`. Where its tensors depend on the place in
/// the network it exports `configure`, which is called once, before weights are drawn, with those
/// of these arguments that it declares: channels (of the input), out_channels, stride (int),
/// settings (Dict[str, str]). Its parameters are trained, and drawn as those of other layers.
/// Shapes: x [N, C, H, W] -> [N, C', ceil(H / stride), ceil(W / stride)].
class OwnModule final : public OperationImpl {
 public:
  /// Errors: kNotFound when there is no such file; kInvalidArgument when it cannot be read, when
  /// `configure` has an argument of another name, or when a map put through comes out in another
  /// shape than it must; all name the file.
  explicit OwnModule(const OwnOperation& operation);

  torch::Tensor forward(const torch::Tensor& x) override;
  std::string write(ScriptWriter& script, const std::string& x,
                    const std::string& name) const override;
  void train(bool on = true) override;

 private:
  void configure();
  void check_shape();

  OwnOperation operation_;
  torch::jit::Module script_;
};

/// Builds the operation and counts it: its parameters, and the multiply-adds of the convolutions
/// and matrix products that it runs for one image (LibTorch's own record of them).
/// Errors: as OwnModule.
NetworkCounts count_own_operation(const OwnOperation& operation, const MapShape& input);

}  // namespace mimar::nas
