#pragma once

#include <cstdint>

namespace mimar::nas {

/// Shape of a feature map, the batch left out. Units: channels, pixels.
struct MapShape {
  std::int64_t channels = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;

  bool operator==(const MapShape&) const = default;
};

}  // namespace mimar::nas
