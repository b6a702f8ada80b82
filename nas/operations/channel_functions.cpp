#include "nas/operations/channel_functions.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "nas/operations/channel_kernels.h"
#include "nas/operations/channel_map.h"

namespace mimar::nas {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Images whose weight gradients are summed before those of others: fixed, so that the result does
/// not depend on the number of threads.
constexpr std::int64_t kImagesASum = 8;

/// A window over a map.
struct Window {
  Window(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
         std::int64_t dilation)
      : shape{.height = x.size(2),
              .width = x.size(3),
              .kernel = kernel,
              .stride = stride,
              .padding = padding,
              .dilation = dilation} {}

  std::int64_t places() const { return shape.kernel * shape.kernel; }

  WindowShape shape;
};

bool suits(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
           std::int64_t dilation) {
  return is_blocked_map(x) &&
         suits_channel_kernels(Window(x, kernel, stride, padding, dilation).shape);
}

/// A map of the output's size; of x's type unless another is given.
torch::Tensor make_output(const torch::Tensor& x, const Window& window, torch::ScalarType type) {
  return torch::empty({x.size(0), x.size(1), window.shape.out_height(), window.shape.out_width()},
                      x.options().dtype(type).memory_format(kLayout));
}

/// Calls body(kernels, block of `from`, block of `to`, number of the block) for every block, on
/// several threads.
template <class T, class Body>
void for_blocks(const torch::Tensor& from, const torch::Tensor& to, const Window& window,
                const Body& body) {
  const Blocks in(from);
  const Blocks out(to);
  const T* read = from.data_ptr<T>();
  T* written = to.data_ptr<T>();
  at::parallel_for(0, in.count(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    ChannelKernels<T> kernels(window.shape);
    for (std::int64_t block = begin; block < end; ++block) {
      body(kernels, in.at(read, block), out.at(written, block), block);
    }
  });
}

/// weight [C, 1, K, K] as the kernels want it: [blocks, K * K, kChannelBlock], zeros for the rest.
template <class T>
std::vector<T> to_blocks(const torch::Tensor& weight, const Blocks& blocks, std::int64_t places) {
  const torch::Tensor dense = weight.contiguous();
  const T* from = dense.data_ptr<T>();
  std::vector<T> all(static_cast<std::size_t>(blocks.per_image * places * kChannelBlock), 0);
  for (std::int64_t channel = 0; channel < blocks.channels; ++channel) {
    T* to = all.data() + channel / kChannelBlock * places * kChannelBlock + channel % kChannelBlock;
    for (std::int64_t place = 0; place < places; ++place) to[place * kChannelBlock] = *from++;
  }
  return all;
}

/// The way back.
template <class T>
torch::Tensor from_blocks(const std::vector<T>& all, const torch::Tensor& weight) {
  const std::int64_t places = weight.size(2) * weight.size(3);
  torch::Tensor dense = torch::empty(weight.sizes(), weight.options());
  T* to = dense.data_ptr<T>();
  for (std::int64_t channel = 0; channel < weight.size(0); ++channel) {
    const T* from =
        all.data() + channel / kChannelBlock * places * kChannelBlock + channel % kChannelBlock;
    for (std::int64_t place = 0; place < places; ++place) *to++ = from[place * kChannelBlock];
  }
  return dense;
}

torch::Tensor input_gradient(const torch::Tensor& x, const torch::Tensor& weight,
                             const torch::Tensor& by_y, const Window& window) {
  const Blocks blocks(x);
  torch::Tensor by_x = torch::empty_like(x);
  with_type(x, [&]<class T>() {
    const std::vector<T> w = to_blocks<T>(weight, blocks, window.places());
    for_blocks<T>(by_y, by_x, window, [&](auto& kernels, auto in, auto out, std::int64_t block) {
      kernels.input_gradient(
          in, w.data() + block % blocks.per_image * window.places() * kChannelBlock, out);
    });
  });
  return by_x;
}

torch::Tensor weight_gradient(const torch::Tensor& x, const torch::Tensor& weight,
                              const torch::Tensor& by_y, const Window& window) {
  const Blocks blocks(x);
  const Blocks out_blocks(by_y);
  const std::int64_t sums = (blocks.images + kImagesASum - 1) / kImagesASum;
  const std::int64_t size = blocks.per_image * window.places() * kChannelBlock;
  torch::Tensor by_weight;
  with_type(x, [&]<class T>() {
    const T* from = x.data_ptr<T>();
    const T* outer = by_y.data_ptr<T>();
    std::vector<T> parts(static_cast<std::size_t>(sums * size), 0);
    at::parallel_for(0, sums * blocks.per_image, 1, [&](std::int64_t begin, std::int64_t end) {
      ChannelKernels<T> kernels(window.shape);
      for (std::int64_t part = begin; part < end; ++part) {
        const std::int64_t first = part / blocks.per_image * kImagesASum;
        const std::int64_t last = std::min(first + kImagesASum, blocks.images);
        for (std::int64_t image = first; image < last; ++image) {
          const std::int64_t block = image * blocks.per_image + part % blocks.per_image;
          kernels.add_weight_gradient(blocks.at(from, block), out_blocks.at(outer, block),
                                      parts.data() + part * window.places() * kChannelBlock);
        }
      }
    });
    for (std::int64_t sum = 1; sum < sums; ++sum) {
      for (std::int64_t i = 0; i < size; ++i) {
        parts[static_cast<std::size_t>(i)] += parts[static_cast<std::size_t>(sum * size + i)];
      }
    }
    by_weight = from_blocks(parts, weight);
  });
  return by_weight;
}

class DepthwiseConvolution : public torch::autograd::Function<DepthwiseConvolution> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, std::int64_t stride,
                               std::int64_t padding, std::int64_t dilation) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    const Window window(x, weight.size(2), stride, padding, dilation);
    const Blocks blocks(x);
    torch::Tensor y = make_output(x, window, x.scalar_type());
    with_type(x, [&]<class T>() {
      const std::vector<T> w = to_blocks<T>(weight, blocks, window.places());
      for_blocks<T>(x, y, window, [&](auto& kernels, auto in, auto out, std::int64_t block) {
        kernels.convolve(in, w.data() + block % blocks.per_image * window.places() * kChannelBlock,
                         out);
      });
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& weight = saved[1];
    const std::int64_t stride = context->saved_data["stride"].toInt();
    const std::int64_t padding = context->saved_data["padding"].toInt();
    const std::int64_t dilation = context->saved_data["dilation"].toInt();
    const bool needs_x = context->needs_input_grad(0);
    const bool needs_weight = context->needs_input_grad(1);
    torch::Tensor by_x;
    torch::Tensor by_weight;
    if (torch::GradMode::is_enabled()) {  // the gradient will be differentiated
      std::tie(by_x, by_weight, std::ignore) = at::convolution_backward(
          gradients[0], x, weight, c10::nullopt, {stride, stride}, {padding, padding},
          {dilation, dilation}, false, {0, 0}, x.size(1), {needs_x, needs_weight, false});
    } else {
      const torch::Tensor by_y = gradients[0].contiguous(kLayout);
      const Window window(x, weight.size(2), stride, padding, dilation);
      if (needs_x) by_x = input_gradient(x, weight, by_y, window);
      if (needs_weight) by_weight = weight_gradient(x, weight, by_y, window);
    }
    return {by_x, by_weight, {}, {}, {}};
  }
};

/// The part of a pooling function that does not depend on its kind.
struct PoolSettings {
  static void save(AutogradContext* context, std::int64_t kernel, std::int64_t stride,
                   std::int64_t padding) {
    context->saved_data["kernel"] = kernel;
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
  }
  explicit PoolSettings(AutogradContext* context)
      : kernel(context->saved_data["kernel"].toInt()),
        stride(context->saved_data["stride"].toInt()),
        padding(context->saved_data["padding"].toInt()) {}

  Window window(const torch::Tensor& x) const { return {x, kernel, stride, padding, 1}; }

  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t padding;
};

class MaxPool : public torch::autograd::Function<MaxPool> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    const Window window(x, kernel, stride, padding, 1);
    torch::Tensor y = make_output(x, window, x.scalar_type());
    const Blocks blocks(y);
    torch::Tensor choices;
    with_type(x, [&]<class T>() {
      using Choice = typename ChannelKernels<T>::Choice;
      choices = make_output(x, window, c10::CppTypeToScalarType<Choice>::value);
      auto* chosen = choices.data_ptr<Choice>();
      for_blocks<T>(x, y, window, [&](auto& kernels, auto in, auto out, std::int64_t block) {
        kernels.maximum(in, out, blocks.at(chosen, block));
      });
    });
    context->save_for_backward({x, choices});
    PoolSettings::save(context, kernel, stride, padding);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const PoolSettings settings(context);
    if (torch::GradMode::is_enabled()) {
      return {differentiable(x, gradients[0], settings), {}, {}, {}};
    }
    const torch::Tensor by_y = gradients[0].contiguous(kLayout);
    const Window window = settings.window(x);
    const Blocks blocks(by_y);
    torch::Tensor by_x = torch::empty_like(x);
    with_type(x, [&]<class T>() {
      const typename ChannelKernels<T>::Choice* chosen =
          saved[1].data_ptr<typename ChannelKernels<T>::Choice>();
      for_blocks<T>(by_y, by_x, window, [&](auto& kernels, auto in, auto out, std::int64_t block) {
        kernels.maximum_gradient(in, blocks.at(chosen, block), out);
      });
    });
    return {by_x, {}, {}, {}};
  }

 private:
  static torch::Tensor differentiable(const torch::Tensor& x, const torch::Tensor& by_y,
                                      const PoolSettings& settings) {
    const std::vector<std::int64_t> kernel(2, settings.kernel);
    const std::vector<std::int64_t> stride(2, settings.stride);
    const std::vector<std::int64_t> padding(2, settings.padding);
    const torch::Tensor indices =
        std::get<1>(torch::max_pool2d_with_indices(x.detach(), kernel, stride, padding));
    return at::max_pool2d_with_indices_backward(by_y, x, kernel, stride, padding, {1, 1}, false,
                                                indices);
  }
};

class AveragePool : public torch::autograd::Function<AveragePool> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    const Window window(x, kernel, stride, padding, 1);
    torch::Tensor y = make_output(x, window, x.scalar_type());
    with_type(x, [&]<class T>() {
      for_blocks<T>(x, y, window, [](auto& kernels, auto in, auto out, std::int64_t /*block*/) {
        kernels.average(in, out);
      });
    });
    context->save_for_backward({x});
    PoolSettings::save(context, kernel, stride, padding);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const torch::Tensor x = context->get_saved_variables()[0];
    const PoolSettings settings(context);
    if (torch::GradMode::is_enabled()) {
      return {
          at::avg_pool2d_backward(gradients[0], x, {settings.kernel, settings.kernel},
                                  {settings.stride, settings.stride},
                                  {settings.padding, settings.padding}, false, false, c10::nullopt),
          {},
          {},
          {}};
    }
    const torch::Tensor by_y = gradients[0].contiguous(kLayout);
    const Window window = settings.window(x);
    torch::Tensor by_x = torch::empty_like(x);
    with_type(x, [&]<class T>() {
      for_blocks<T>(by_y, by_x, window,
                    [](auto& kernels, auto in, auto out, std::int64_t /*block*/) {
                      kernels.average_gradient(in, out);
                    });
    });
    return {by_x, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor depthwise_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                               std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
  const bool fits = x.dim() == 4 && weight.dim() == 4 && weight.size(1) == 1 &&
                    weight.size(0) == x.size(1) && weight.size(2) == weight.size(3) &&
                    is_real(weight) && weight.scalar_type() == x.scalar_type();
  if (fits && suits(x, weight.size(2), stride, padding, dilation)) {
    return DepthwiseConvolution::apply(x, weight, stride, padding, dilation);
  }
  return torch::conv2d(x, weight, {}, stride, padding, dilation, x.size(1));
}

torch::Tensor max_pool2d(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride,
                         std::int64_t padding) {
  if (2 * padding <= kernel && suits(x, kernel, stride, padding, 1)) {
    return MaxPool::apply(x, kernel, stride, padding);
  }
  return torch::max_pool2d(x, {kernel, kernel}, {stride, stride}, {padding, padding});
}

torch::Tensor avg_pool2d(const torch::Tensor& x, std::int64_t kernel, std::int64_t stride,
                         std::int64_t padding) {
  if (2 * padding <= kernel && suits(x, kernel, stride, padding, 1)) {
    return AveragePool::apply(x, kernel, stride, padding);
  }
  return torch::avg_pool2d(x, {kernel, kernel}, {stride, stride}, {padding, padding}, false, false);
}

}  // namespace mimar::nas
