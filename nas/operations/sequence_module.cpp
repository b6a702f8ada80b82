#include "nas/operations/sequence_module.h"

#include <limits>

#include "base/error.h"
#include "nas/operations/channel_functions.h"

namespace mimar::nas {
namespace {

namespace nn = torch::nn;

std::int64_t padding_of(std::int64_t kernel, std::int64_t dilation) {
  return kernel % 2 == 1 ? dilation * (kernel - 1) / 2 : 0;
}

nn::Conv2d make_conv(const KernelStep& step) {
  return nn::Conv2d(
      nn::Conv2dOptions(step.in, step.out, {step.height, step.width})
          .stride({step.stride_down, step.stride_across})
          .padding({padding_of(step.height, step.dilation), padding_of(step.width, step.dilation)})
          .dilation(step.dilation)
          .groups(step.groups)
          .bias(false));
}

/// One half of a HalvingStep.
KernelStep half_kernel(const HalvingStep& step) {
  return {.in = step.in, .out = step.out / 2, .stride_down = 2, .stride_across = 2};
}

/// The map without its first row and column; odd sides get zeros at the other end, so that both
/// halves are of one size.
torch::Tensor shifted(const torch::Tensor& x) {
  return torch::constant_pad_nd(x, {-1, x.size(3) % 2, -1, x.size(2) % 2});
}

torch::Tensor pool(const WindowStep& step, const torch::Tensor& x) {
  const std::vector<std::int64_t> window(2, step.window);
  const std::vector<std::int64_t> stride(2, step.stride);
  const std::vector<std::int64_t> padding(2, step.padding);
  const bool is_max = step.kind == PoolPlan::Kind::kMax;
  if (!step.covers) {
    return is_max ? max_pool2d(x, step.window, step.stride, step.padding)
                  : avg_pool2d(x, step.window, step.stride, step.padding);
  }
  if (is_max) return torch::max_pool2d(x, window, stride, padding, /*dilation=*/{1, 1}, true);
  return torch::avg_pool2d(x, window, stride, padding, /*ceil_mode=*/true,
                           /*count_include_pad=*/false);
}

bool is_depthwise(const KernelStep& step) {
  return step.groups == step.in && step.out == step.in && step.height == step.width &&
         step.stride_down == step.stride_across && step.height % 2 == 1;
}

torch::Tensor convolve(const KernelStep& step, nn::Conv2d& conv, const torch::Tensor& x) {
  if (!is_depthwise(step)) return conv->forward(x);
  return depthwise_conv2d(x, conv->weight, step.stride_down, padding_of(step.height, step.dilation),
                          step.dilation);
}

/// Writes one step; `name` opens the names of its tensors ("stem.conv0").
struct Writer {
  ScriptWriter& script;
  const std::string& x;
  const std::string& name;
  std::size_t index;
  const std::vector<nn::Conv2d>& convs;
  const nn::BatchNorm2d& norm;
  const OwnModule* own;

  std::string convolve(const KernelStep& step, const std::string& input, const nn::Conv2d& conv,
                       const std::string& conv_name) const {
    const std::string weight = script.attach(conv_name + ".weight", conv->weight, true);
    return script.assign(concat(
        "torch.conv2d(", input, ", ", weight, ", None, ",
        to_script({step.stride_down, step.stride_across}), ", ",
        to_script({padding_of(step.height, step.dilation), padding_of(step.width, step.dilation)}),
        ", ", to_script({step.dilation, step.dilation}), ", ", step.groups, ")"));
  }

  std::string operator()(const ReluStep&) const {
    return script.assign(concat("torch.relu(", x, ")"));
  }

  std::string operator()(const KernelStep& step) const {
    return convolve(step, x, convs[0], concat(name, ".conv", index));
  }

  std::string operator()(const NormStep& step) const {
    const std::string prefix = concat(name, ".norm", index);
    std::string scale = "None";
    std::string shift = "None";
    if (step.affine) {
      scale = script.attach(prefix + ".weight", norm->weight, true);
      shift = script.attach(prefix + ".bias", norm->bias, true);
    }
    const std::string mean = script.attach(prefix + ".running_mean", norm->running_mean, false);
    const std::string var = script.attach(prefix + ".running_var", norm->running_var, false);
    return script.assign(concat("torch.batch_norm(", x, ", ", scale, ", ", shift, ", ", mean, ", ",
                                var, ", False, 0.1, 1e-05, False)"));
  }

  std::string operator()(const WindowStep& step) const {
    const std::string covers = step.covers ? "True" : "False";
    const std::string sizes =
        concat(to_script({step.window, step.window}), ", ", to_script({step.stride, step.stride}),
               ", ", to_script({step.padding, step.padding}), ", ");
    if (step.kind == PoolPlan::Kind::kMax) {
      return script.assign(concat("torch.max_pool2d(", x, ", ", sizes, "[1, 1], ", covers, ")"));
    }
    return script.assign(concat("torch.avg_pool2d(", x, ", ", sizes, covers, ", False)"));
  }

  std::string operator()(const HalvingStep& step) const {
    const std::string prefix = concat(name, ".conv", index);
    const KernelStep half = half_kernel(step);
    const std::string first = convolve(half, x, convs[0], prefix + "a");
    const std::string moved = script.assign(concat("torch.constant_pad_nd(", x, ", [-1, ", x,
                                                   ".size(3) % 2, -1, ", x, ".size(2) % 2], 0)"));
    const std::string second = convolve(half, moved, convs[1], prefix + "b");
    return script.assign(concat("torch.cat([", first, ", ", second, "], 1)"));
  }

  std::string operator()(const ZeroStep& step) const {
    const std::string stride = std::to_string(step.stride);
    return script.assign(concat(x, "[:, :, ::", stride, ", ::", stride, "] * 0.0"));
  }

  std::string operator()(const SliceStep& step) const {
    return script.assign(concat("torch.narrow(", x, ", 1, ", step.first, ", ", step.channels, ")"));
  }

  std::string operator()(const OwnOperation&) const {
    return own->write(script, x, concat(name, ".own", index));
  }
};

}  // namespace

SequenceImpl::SequenceImpl(SequencePlan plan) : plan_(std::move(plan)) {
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    Part part;
    if (const auto* kernel = std::get_if<KernelStep>(&plan_[i])) {
      part.convs = {register_module(concat("conv", i), make_conv(*kernel))};
    } else if (const auto* halving = std::get_if<HalvingStep>(&plan_[i])) {
      for (const char* half : {"a", "b"}) {
        part.convs.push_back(
            register_module(concat("conv", i, half), make_conv(half_kernel(*halving))));
      }
    } else if (const auto* norm = std::get_if<NormStep>(&plan_[i])) {
      part.norm = register_module(
          concat("norm", i),
          nn::BatchNorm2d(nn::BatchNorm2dOptions(norm->channels).affine(norm->affine)));
    }
    if (const auto* own = std::get_if<OwnOperation>(&plan_[i])) {
      part.own = register_module(concat("own", i), std::make_shared<OwnModule>(*own));
    }
    parts_.push_back(std::move(part));
  }
}

torch::Tensor SequenceImpl::run(const Step& step, Part& part, const torch::Tensor& x) const {
  if (const auto* relu = std::get_if<ReluStep>(&step)) {
    return relu->smooth ? torch::softplus(x) : torch::relu(x);
  }
  if (const auto* kernel = std::get_if<KernelStep>(&step)) {
    return convolve(*kernel, part.convs[0], x);
  }
  if (std::holds_alternative<NormStep>(step)) return part.norm->forward(x);
  if (const auto* window = std::get_if<WindowStep>(&step)) return pool(*window, x);
  if (std::holds_alternative<HalvingStep>(step)) {
    return torch::cat({part.convs[0]->forward(x), part.convs[1]->forward(shifted(x))}, 1);
  }
  if (const auto* slice = std::get_if<SliceStep>(&step)) {
    return x.narrow(1, slice->first, slice->channels);
  }
  if (part.own) return part.own->forward(x);
  const std::int64_t stride = std::get<ZeroStep>(step).stride;
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  return x.slice(2, 0, kEnd, stride).slice(3, 0, kEnd, stride).mul(0.0);
}

torch::Tensor SequenceImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = x;
  for (std::size_t i = 0; i < plan_.size(); ++i) y = run(plan_[i], parts_[i], y);
  return y;
}

std::string SequenceImpl::write(ScriptWriter& script, const std::string& x,
                                const std::string& name) const {
  std::string y = x;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    const Part& part = parts_[i];
    y = std::visit(Writer{script, y, name, i, part.convs, part.norm, part.own.get()}, plan_[i]);
  }
  return y;
}

}  // namespace mimar::nas
