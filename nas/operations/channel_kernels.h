#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "nas/operations/channel_block.h"

namespace mimar::nas {

/// A square window that slides over a map. Units: pixels.
struct WindowShape {
  std::int64_t height = 1;  // of the map
  std::int64_t width = 1;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t padding = 1;
  std::int64_t dilation = 1;

  /// How far the window's last pixel lies from its first.
  std::int64_t reach() const { return dilation * (kernel - 1); }
  std::int64_t out_height() const { return (height + 2 * padding - reach() - 1) / stride + 1; }
  std::int64_t out_width() const { return (width + 2 * padding - reach() - 1) / stride + 1; }

  bool operator==(const WindowShape&) const = default;
};

/// True for what ChannelKernels takes: kernel 3, 5 or 7, a padding within the window's reach, and
/// at least one pixel of output.
bool suits_channel_kernels(const WindowShape& shape);

/// What depthwise convolutions and pooling do to a block of channels, forward and backward.
///
/// On the maps of searched cells (8 to 32 pixels a side, few channels) LibTorch's kernels for the
/// CPU take 2 to 10 times as long for dilated and 5x5 windows, and up to twice as long for pooling
/// (bench/nas/channel_functions.cpp). Weights lie as [kernel * kernel, kChannelBlock],
/// zeros where the block has fewer channels. Holds buffers: one object a thread. T: float, double.
template <class T>
class ChannelKernels {
 public:
  /// The place of a maximum in its window, counted row by row. As wide as T, so that a register of
  /// one goes with a register of the other.
  using Choice = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  using In = ChannelBlock<const T>;
  using Out = ChannelBlock<T>;

  /// Errors: kInvalidArgument for a shape that does not suit.
  explicit ChannelKernels(const WindowShape& shape);

  /// y: the correlation of x with w, zeros around x.
  void convolve(In x, const T* w, Out y);

  /// From the gradient by y that by x.
  void input_gradient(In by_y, const T* w, Out by_x);

  /// Adds the gradient by w.
  void add_weight_gradient(In x, In by_y, T* by_w);

  /// y: the maximum over the window's pixels in the map: the first among equals, NaN if one is.
  void maximum(In x, Out y, ChannelBlock<Choice> choice);
  void maximum_gradient(In by_y, ChannelBlock<const Choice> choice, Out by_x);

  /// y: the mean over the window's pixels in the map.
  void average(In x, Out y);
  void average_gradient(In by_y, Out by_x);

 private:
  void pad(In x, T around);
  template <class Value>
  void spread(ChannelBlock<const Value> by_y, Value around, std::vector<Value>& buffer) const;
  void count_pixels();

  WindowShape shape_;
  T around_ = 0;                // what the padding of padded_ holds
  std::vector<T> padded_;       // x with its padding
  std::vector<T> spread_;       // by_y at stride 1, zeros between its pixels and around it
  std::vector<T> packed_;       // by_y
  std::vector<Choice> choice_;  // as spread_
  std::vector<T> pixels_;       // of each window, those in the map
};

extern template class ChannelKernels<float>;
extern template class ChannelKernels<double>;

}  // namespace mimar::nas
