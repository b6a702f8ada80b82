#pragma once

#include <cstdint>

namespace mimar::nas {

/// Channels that are computed at once: one AVX2 register of floats.
inline constexpr std::int64_t kChannelBlock = 8;

/// Up to kChannelBlock neighbouring channels of one image, pixel after pixel [H, W, C].
template <class T>
struct ChannelBlock {
  T* first = nullptr;
  std::int64_t pixel_stride = 1;  // C
  std::int64_t channels = 1;      // of this block
};

}  // namespace mimar::nas
