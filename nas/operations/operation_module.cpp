#include "nas/operations/operation_module.h"

#include <torch/nn/functional/padding.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <vector>

#include "base/error.h"
#include "nas/operations/channel_functions.h"
#include "nas/operations/own_module.h"

namespace mimar::nas {
namespace {

namespace nn = torch::nn;

/// Convolutions, normalisation, ReLU: x [N, C, H, W] -> [N, C', ceil(H/s), ceil(W/s)].
class ConvModule final : public OperationImpl {
 public:
  explicit ConvModule(const ConvPlan& plan) : plan_(plan) {
    for (const ConvStage& stage : plan_.stages) {
      const nn::Conv2dOptions options = nn::Conv2dOptions(stage.in, stage.out, stage.kernel)
                                            .stride(stage.stride)
                                            .padding(is_even(stage) ? 0 : stage.kernel / 2)
                                            .groups(stage.groups)
                                            .bias(false);
      convs_.push_back(register_module(concat("conv", convs_.size()), nn::Conv2d(options)));
    }
    norm_ = register_module("norm", nn::BatchNorm2d(plan_.stages.back().out));
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor y = x;
    for (std::size_t i = 0; i < convs_.size(); ++i) {
      const ConvStage& stage = plan_.stages[i];
      if (is_even(stage)) {
        const std::int64_t low = (stage.kernel - 1) / 2;
        const std::int64_t high = stage.kernel / 2;
        y = torch::constant_pad_nd(y, {low, high, low, high});
      }
      y = is_depthwise(stage) ? depthwise_conv2d(y, convs_[i]->weight, stage.stride,
                                                 stage.kernel / 2, /*dilation=*/1)
                              : convs_[i]->forward(y);
    }
    return norm_->forward(y).relu_();  // in place: the normalisation does not need its output
  }

  std::string write(ScriptWriter& script, const std::string& x,
                    const std::string& name) const override {
    std::string y = x;
    for (std::size_t i = 0; i < convs_.size(); ++i) {
      y = write_stage(script, y, i, concat(name, ".conv", i, ".weight"));
    }
    const std::string weight = script.attach(name + ".norm.weight", norm_->weight, true);
    const std::string bias = script.attach(name + ".norm.bias", norm_->bias, true);
    const std::string mean = script.attach(name + ".norm.running_mean", norm_->running_mean, false);
    const std::string var = script.attach(name + ".norm.running_var", norm_->running_var, false);
    y = script.assign(concat("torch.batch_norm(", y, ", ", weight, ", ", bias, ", ", mean, ", ",
                             var, ", False, 0.1, 1e-05, False)"));
    return script.assign(concat("torch.relu(", y, ")"));
  }

 private:
  static bool is_even(const ConvStage& stage) { return stage.kernel % 2 == 0; }
  static bool is_depthwise(const ConvStage& stage) {
    return stage.groups == stage.in && stage.out == stage.in && !is_even(stage);
  }

  std::string write_stage(ScriptWriter& script, std::string x, std::size_t index,
                          const std::string& weight_name) const {
    const ConvStage& stage = plan_.stages[index];
    std::int64_t padding = stage.kernel / 2;
    if (is_even(stage)) {
      const std::int64_t low = (stage.kernel - 1) / 2;
      x = script.assign(concat("torch.constant_pad_nd(", x, ", ",
                               to_script({low, padding, low, padding}), ", 0)"));
      padding = 0;
    }
    const std::string weight = script.attach(weight_name, convs_[index]->weight, true);
    return script.assign(concat("torch.conv2d(", x, ", ", weight, ", None, ",
                                to_script({stage.stride, stage.stride}), ", ",
                                to_script({padding, padding}), ", [1, 1], ", stage.groups, ")"));
  }

  ConvPlan plan_;
  std::vector<nn::Conv2d> convs_;
  nn::BatchNorm2d norm_ = nullptr;
};

/// x [N, C, H, W] -> [N, C, H / height, W / width].
class PoolModule final : public OperationImpl {
 public:
  explicit PoolModule(const PoolPlan& plan) : plan_(plan) {}

  torch::Tensor forward(const torch::Tensor& x) override {
    const std::vector<std::int64_t> window = {plan_.height, plan_.width};
    return plan_.kind == PoolPlan::Kind::kMax ? torch::max_pool2d(x, window)
                                              : torch::avg_pool2d(x, window);
  }

  std::string write(ScriptWriter& script, const std::string& x,
                    const std::string& /*name*/) const override {
    const std::string window = to_script({plan_.height, plan_.width});
    const bool is_max = plan_.kind == PoolPlan::Kind::kMax;
    return script.assign(
        concat(is_max ? "torch.max_pool2d(" : "torch.avg_pool2d(", x, ", ", window, ")"));
  }

 private:
  PoolPlan plan_;
};

class IdentityModule final : public OperationImpl {
 public:
  torch::Tensor forward(const torch::Tensor& x) override { return x; }
  std::string write(ScriptWriter& /*script*/, const std::string& x,
                    const std::string& /*name*/) const override {
    return x;
  }
};

struct Maker {
  std::shared_ptr<OperationImpl> operator()(const ConvPlan& plan) const {
    return std::make_shared<ConvModule>(plan);
  }
  std::shared_ptr<OperationImpl> operator()(const PoolPlan& plan) const {
    return std::make_shared<PoolModule>(plan);
  }
  std::shared_ptr<OperationImpl> operator()(const IdentityPlan& /*plan*/) const {
    return std::make_shared<IdentityModule>();
  }
  std::shared_ptr<OperationImpl> operator()(const OwnOperation& operation) const {
    return std::make_shared<OwnModule>(operation);
  }
};

}  // namespace

std::shared_ptr<OperationImpl> make_operation(const OperationPlan& plan) {
  return std::visit(Maker{}, plan);
}

}  // namespace mimar::nas
