#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>

#include "nas/operations/channel_block.h"

// For the sources of functions on channels-last maps: a tensor as blocks of channels.

namespace mimar::nas {

constexpr auto kLayout = torch::MemoryFormat::ChannelsLast;
/// Blocks that one thread takes at a time: enough to be worth a thread's start.
constexpr std::int64_t kGrain = 4;

/// The blocks of channels of a map.
struct Blocks {
  explicit Blocks(const torch::Tensor& map)
      : images(map.size(0)),
        pixels(map.size(2) * map.size(3)),
        channels(map.size(1)),
        per_image((channels + kChannelBlock - 1) / kChannelBlock) {}

  std::int64_t count() const { return images * per_image; }

  /// Block `index` of the map, whose numbers begin at `data`.
  template <class T>
  ChannelBlock<T> at(T* data, std::int64_t index) const {
    const std::int64_t first = index % per_image * kChannelBlock;
    return {data + index / per_image * pixels * channels + first, channels,
            std::min(kChannelBlock, channels - first)};
  }

  std::int64_t images;
  std::int64_t pixels;  // of an image
  std::int64_t channels;
  std::int64_t per_image;
};

/// A tensor that kernels for float and double on the CPU can read.
inline bool is_real(const torch::Tensor& x) {
  return x.device().is_cpu() && x.layout() == torch::kStrided &&
         (x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kDouble);
}

/// True for a map [N, C, H, W] that lies in memory as [N, H, W, C], and has pixels.
inline bool is_blocked_map(const torch::Tensor& x) {
  return x.dim() == 4 && is_real(x) && x.numel() > 0 && x.is_contiguous(kLayout);
}

/// body.template operator()<T>() for the tensor's type.
template <class Body>
void with_type(const torch::Tensor& x, const Body& body) {
  if (x.scalar_type() == torch::kFloat) {
    body.template operator()<float>();
  } else {
    body.template operator()<double>();
  }
}

}  // namespace mimar::nas
