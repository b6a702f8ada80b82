#include "nas/operations/channel_kernels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "nas/operations/channel_lanes.h"

namespace mimar::nas {
namespace {

constexpr std::int64_t kLargestKernel = 7;

/// Pixels of whole blocks, row after row.
template <class T>
struct Rows {
  T* first = nullptr;
  std::int64_t width = 0;  // of a row

  [[gnu::always_inline]] T* at(std::int64_t row, std::int64_t column) const {
    return first + (row * width + column) * kChannelBlock;
  }
};

/// A window's way over rows of pixels: `height` x `width` steps of `stride` pixels.
struct Walk {
  std::int64_t height = 1;
  std::int64_t width = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
};

/// Each output pixel is the sum over the window of input times weight.
template <class T, int K>
struct Correlate {
  [[gnu::always_inline]] static void run(const Walk& walk, Rows<const T> in, const T* w,
                                         ChannelBlock<T> out) {
    T* to = out.first;
    for (std::int64_t row = 0; row < walk.height; ++row) {
      std::int64_t column = 0;
      for (; column + 4 <= walk.width; column += 4) pixels<4>(walk, in, w, row, column, out, to);
      for (; column < walk.width; ++column) pixels<1>(walk, in, w, row, column, out, to);
    }
  }

 private:
  /// `Count` neighbours: their sums do not wait for each other, and share the loads of the weights.
  template <int Count>
  [[gnu::always_inline]] static void pixels(const Walk& walk, Rows<const T> in, const T* w,
                                            std::int64_t row, std::int64_t column,
                                            const ChannelBlock<T>& out, T*& to) {
    Lanes<T> sums[static_cast<std::size_t>(Count)] = {};
    for (int ky = 0; ky < K; ++ky) {
      const T* from = in.at(row * walk.stride + ky * walk.dilation, column * walk.stride);
#pragma GCC unroll 7
      for (int kx = 0; kx < K; ++kx) {
        Lanes<T> weight;
        load(weight, w + (ky * K + kx) * kChannelBlock);
#pragma GCC unroll 4
        for (int i = 0; i < Count; ++i) {
          Lanes<T> pixel;
          load(pixel, from + (kx * walk.dilation + i * walk.stride) * kChannelBlock);
          sums[i] += pixel * weight;
        }
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < Count; ++i) {
      store(sums[i], out.channels, to);
      to += out.pixel_stride;
    }
  }
};

/// Adds to each weight the sum over the output's pixels of input times gradient.
template <class T, int K>
struct CorrelateGradient {
  [[gnu::always_inline]] static void run(const Walk& walk, Rows<const T> in, Rows<const T> by_y,
                                         T* by_w) {
    for (int ky = 0; ky < K; ++ky) {
      Lanes<T> sums[kLargestKernel] = {};
      for (std::int64_t row = 0; row < walk.height; ++row) {
        const T* from = in.at(row * walk.stride + ky * walk.dilation, 0);
        const T* gradient = by_y.at(row, 0);
        for (std::int64_t column = 0; column < walk.width; ++column) {
          Lanes<T> outer;
          load(outer, gradient + column * kChannelBlock);
#pragma GCC unroll 7
          for (int kx = 0; kx < K; ++kx) {
            Lanes<T> pixel;
            load(pixel, from + (column * walk.stride + kx * walk.dilation) * kChannelBlock);
            sums[kx] += pixel * outer;
          }
        }
      }
#pragma GCC unroll 7
      for (int kx = 0; kx < K; ++kx) {
        T* to = by_w + (ky * K + kx) * kChannelBlock;
        Lanes<T> before;
        load(before, to);
        store<T>(before + sums[kx], kChannelBlock, to);
      }
    }
  }
};

template <class T, int K>
struct Maximum {
  using Choice = typename ChannelKernels<T>::Choice;

  [[gnu::always_inline]] static void run(const Walk& walk, Rows<const T> in, ChannelBlock<T> out,
                                         ChannelBlock<Choice> choice) {
    T* to = out.first;
    Choice* chosen = choice.first;
    for (std::int64_t row = 0; row < walk.height; ++row) {
      for (std::int64_t column = 0; column < walk.width; ++column) {
        Lanes<T> most = Lanes<T>{} - std::numeric_limits<T>::infinity();
        Lanes<Choice> place{};
        for (int ky = 0; ky < K; ++ky) {
          const T* from = in.at(row * walk.stride + ky * walk.dilation, column * walk.stride);
#pragma GCC unroll 7
          for (int kx = 0; kx < K; ++kx) {
            Lanes<T> pixel;
            load(pixel, from + kx * walk.dilation * kChannelBlock);
            const Lanes<Choice> is_more = (pixel > most) | (pixel != pixel);
            const Lanes<Choice> here = Lanes<Choice>{} + static_cast<Choice>(ky * K + kx);
            most = is_more ? pixel : most;
            place = is_more ? here : place;
          }
        }
        store(most, out.channels, to);
        store(place, out.channels, chosen);
        to += out.pixel_stride;
        chosen += choice.pixel_stride;
      }
    }
  }
};

/// Each input pixel gets the gradients of the windows that chose it.
template <class T, int K>
struct MaximumGradient {
  using Choice = typename ChannelKernels<T>::Choice;

  [[gnu::always_inline]] static void run(const Walk& walk, Rows<const T> by_y,
                                         Rows<const Choice> choice, ChannelBlock<T> by_x) {
    T* to = by_x.first;
    for (std::int64_t row = 0; row < walk.height; ++row) {
      for (std::int64_t column = 0; column < walk.width; ++column) {
        Lanes<T> sum{};
        for (int ky = 0; ky < K; ++ky) {
          const std::int64_t from = row + (K - 1 - ky) * walk.dilation;
#pragma GCC unroll 7
          for (int kx = 0; kx < K; ++kx) {
            const std::int64_t at = column + (K - 1 - kx) * walk.dilation;
            Lanes<T> outer;
            Lanes<Choice> place;
            load(outer, by_y.at(from, at));
            load(place, choice.at(from, at));
            const Lanes<Choice> here = Lanes<Choice>{} + static_cast<Choice>(ky * K + kx);
            sum += place == here ? outer : Lanes<T>{};
          }
        }
        store(sum, by_x.channels, to);
        to += by_x.pixel_stride;
      }
    }
  }
};

template <template <class, int> class Kernel, class T, class... Args>
void run_sized(std::int64_t kernel, const Args&... args) {
  if (kernel == 3) return run<Kernel<T, 3>>(args...);
  if (kernel == 5) return run<Kernel<T, 5>>(args...);
  run<Kernel<T, 7>>(args...);
}

/// Copies one pixel of a block; lanes beyond its channels stay as they are.
template <class T>
void copy_pixel(const T* from, std::int64_t channels, T* to) {
  if (channels == kChannelBlock) {
    std::memcpy(to, from, kChannelBlock * sizeof(T));
  } else {
    std::copy_n(from, channels, to);
  }
}

/// Copies a block's pixels to places that are `stride` apart.
template <class T>
void scatter(ChannelBlock<const T> block, std::int64_t rows, std::int64_t columns,
             std::int64_t stride, Rows<T> to) {
  const T* from = block.first;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      copy_pixel(from, block.channels, to.at(row * stride, column * stride));
      from += block.pixel_stride;
    }
  }
}

std::size_t size_of(std::int64_t height, std::int64_t width) {
  return static_cast<std::size_t>(height * width * kChannelBlock);
}

template <class T>
using BlockWeights = std::array<T, kLargestKernel * kLargestKernel * kChannelBlock>;

}  // namespace

bool suits_channel_kernels(const WindowShape& shape) {
  const bool is_sized = shape.kernel == 3 || shape.kernel == 5 || shape.kernel == kLargestKernel;
  return is_sized && shape.stride >= 1 && shape.dilation >= 1 && shape.padding >= 0 &&
         shape.padding <= shape.reach() && shape.height + 2 * shape.padding > shape.reach() &&
         shape.width + 2 * shape.padding > shape.reach();
}

template <class T>
ChannelKernels<T>::ChannelKernels(const WindowShape& shape) : shape_(shape) {
  require(suits_channel_kernels(shape), "no kernel for a window of ", shape.kernel, " on ",
          shape.height, " x ", shape.width);
}

/// x into padded_, with `around` around it. A block of fewer channels leaves values of an earlier
/// one in the lanes it lacks: nothing of these reaches its results.
template <class T>
void ChannelKernels<T>::pad(In x, T around) {
  const std::int64_t width = shape_.width + 2 * shape_.padding;
  if (padded_.empty() || around != around_) {
    padded_.assign(size_of(shape_.height + 2 * shape_.padding, width), around);
    around_ = around;
  }
  const Rows<T> rows{padded_.data(), width};
  scatter(x, shape_.height, shape_.width, 1,
          Rows<T>{rows.at(shape_.padding, shape_.padding), width});
}

/// The output's pixels to where they would be at stride 1, with room around them for every window
/// that an input pixel lies in.
template <class T>
template <class Value>
void ChannelKernels<T>::spread(ChannelBlock<const Value> by_y, Value around,
                               std::vector<Value>& buffer) const {
  const std::int64_t width = shape_.width + shape_.reach();
  if (buffer.empty()) buffer.assign(size_of(shape_.height + shape_.reach(), width), around);
  const std::int64_t margin = shape_.reach() - shape_.padding;
  const Rows<Value> rows{buffer.data(), width};
  scatter(by_y, shape_.out_height(), shape_.out_width(), shape_.stride,
          Rows<Value>{rows.at(margin, margin), width});
}

template <class T>
void ChannelKernels<T>::convolve(In x, const T* w, Out y) {
  pad(x, 0);
  const Walk walk{.height = shape_.out_height(),
                  .width = shape_.out_width(),
                  .stride = shape_.stride,
                  .dilation = shape_.dilation};
  run_sized<Correlate, T>(shape_.kernel, walk,
                          Rows<const T>{padded_.data(), shape_.width + 2 * shape_.padding}, w, y);
}

template <class T>
void ChannelKernels<T>::input_gradient(In by_y, const T* w, Out by_x) {
  spread<T>(by_y, 0, spread_);
  BlockWeights<T> turned;
  const std::int64_t places = shape_.kernel * shape_.kernel;
  for (std::int64_t place = 0; place < places; ++place) {
    std::copy_n(w + place * kChannelBlock, kChannelBlock,
                turned.begin() + (places - 1 - place) * kChannelBlock);
  }
  const Walk walk{.height = shape_.height, .width = shape_.width, .dilation = shape_.dilation};
  run_sized<Correlate, T>(shape_.kernel, walk,
                          Rows<const T>{spread_.data(), shape_.width + shape_.reach()},
                          static_cast<const T*>(turned.data()), by_x);
}

template <class T>
void ChannelKernels<T>::add_weight_gradient(In x, In by_y, T* by_w) {
  pad(x, 0);
  // Lanes without a channel must be zeros here: they are summed up.
  packed_.assign(size_of(shape_.out_height(), shape_.out_width()), 0);
  const Rows<T> packed{packed_.data(), shape_.out_width()};
  scatter(by_y, shape_.out_height(), shape_.out_width(), 1, packed);
  const Walk walk{.height = shape_.out_height(),
                  .width = shape_.out_width(),
                  .stride = shape_.stride,
                  .dilation = shape_.dilation};
  run_sized<CorrelateGradient, T>(shape_.kernel, walk,
                                  Rows<const T>{padded_.data(), shape_.width + 2 * shape_.padding},
                                  Rows<const T>{packed_.data(), shape_.out_width()}, by_w);
}

template <class T>
void ChannelKernels<T>::maximum(In x, Out y, ChannelBlock<Choice> choice) {
  pad(x, -std::numeric_limits<T>::infinity());
  const Walk walk{.height = shape_.out_height(),
                  .width = shape_.out_width(),
                  .stride = shape_.stride,
                  .dilation = shape_.dilation};
  run_sized<Maximum, T>(shape_.kernel, walk,
                        Rows<const T>{padded_.data(), shape_.width + 2 * shape_.padding}, y,
                        choice);
}

template <class T>
void ChannelKernels<T>::maximum_gradient(In by_y, ChannelBlock<const Choice> choice, Out by_x) {
  spread<T>(by_y, 0, spread_);
  spread<Choice>(choice, -1, choice_);
  const std::int64_t width = shape_.width + shape_.reach();
  const Walk walk{.height = shape_.height, .width = shape_.width, .dilation = shape_.dilation};
  run_sized<MaximumGradient, T>(shape_.kernel, walk, Rows<const T>{spread_.data(), width},
                                Rows<const Choice>{choice_.data(), width}, by_x);
}

/// For each output pixel, how many of its window lie in the map.
template <class T>
void ChannelKernels<T>::count_pixels() {
  const auto covered = [this](std::int64_t step, std::int64_t side) {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < shape_.kernel; ++i) {
      const std::int64_t at = step * shape_.stride - shape_.padding + i * shape_.dilation;
      if (at >= 0 && at < side) ++count;
    }
    return count;
  };
  for (std::int64_t row = 0; row < shape_.out_height(); ++row) {
    for (std::int64_t column = 0; column < shape_.out_width(); ++column) {
      pixels_.push_back(
          static_cast<T>(covered(row, shape_.height) * covered(column, shape_.width)));
    }
  }
}

template <class T>
void ChannelKernels<T>::average(In x, Out y) {
  if (pixels_.empty()) count_pixels();
  BlockWeights<T> ones;
  ones.fill(1);
  convolve(x, ones.data(), y);
  T* to = y.first;
  for (const T pixels : pixels_) {
    for (std::int64_t channel = 0; channel < y.channels; ++channel) to[channel] /= pixels;
    to += y.pixel_stride;
  }
}

template <class T>
void ChannelKernels<T>::average_gradient(In by_y, Out by_x) {
  if (pixels_.empty()) count_pixels();
  packed_.resize(pixels_.size() * kChannelBlock);
  const T* from = by_y.first;
  T* to = packed_.data();
  for (const T pixels : pixels_) {
    for (std::int64_t channel = 0; channel < by_y.channels; ++channel) {
      to[channel] = from[channel] / pixels;
    }
    from += by_y.pixel_stride;
    to += kChannelBlock;
  }
  BlockWeights<T> ones;
  ones.fill(1);
  input_gradient({packed_.data(), kChannelBlock, by_y.channels}, ones.data(), by_x);
}

template class ChannelKernels<float>;
template class ChannelKernels<double>;

}  // namespace mimar::nas
