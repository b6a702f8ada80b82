#pragma once

#include <cstdint>

#include "space/architecture.h"

namespace mimar::nas {

/// What a network costs, in closed form: nothing is built, LibTorch is not needed.
struct NetworkCounts {
  std::int64_t parameters = 0;  // trained ones, biases and normalisation included
  std::int64_t macs = 0;        // multiply-adds for one image; the linear layer's bias counts one a
                                // class (NAS-Bench-201's convention), the rest of the network none

  bool operator==(const NetworkCounts&) const = default;
};

/// Counts a network.
/// Errors: kInvalidArgument when the network is unsound, or of a kind that cannot be built (chain
/// networks can).
NetworkCounts count(const space::Architecture& architecture);

/// The two figures one by one.
std::int64_t parameter_count(const space::Architecture& architecture);
std::int64_t macs(const space::Architecture& architecture);

}  // namespace mimar::nas
