#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "nas/operations/map_shape.h"

namespace mimar::nas {

/// A user's own operation: a TorchScript file whose name ends in ".pt" stands where an operation's
/// name does (docs/explanation/own-operations.md says what the file must offer).
struct OwnOperation {
  std::string file;
  std::int64_t in = 1;                               // channels
  std::int64_t out = 1;                              // channels
  std::int64_t stride = 1;                           // sides become ceil(side / stride)
  std::map<std::string, std::string> settings = {};  // of a chain layer, as the experiment has them

  bool operator==(const OwnOperation&) const = default;
};

/// What an operation or network costs.
struct NetworkCounts {
  std::int64_t parameters = 0;  // trained ones, biases and normalisation included
  std::int64_t macs = 0;        // multiply-adds for one image; the linear layer's bias counts one a
                                // class (NAS-Bench-201's convention), the rest of the network none

  bool operator==(const NetworkCounts&) const = default;
};

/// Counts one of the user's own operations on a map; it takes LibTorch and the file.
using OwnCounter =
    std::function<NetworkCounts(const OwnOperation& operation, const MapShape& input)>;

/// Shape of the operation's output, as its file must keep it.
MapShape output_shape(const OwnOperation& operation, const MapShape& input);

/// Calls the counter. Errors: kFailedPrecondition without one; kInvalidArgument when the sums
/// exceed 64 bits.
NetworkCounts count_own(const OwnCounter& counter, const OwnOperation& operation,
                        const MapShape& input);

}  // namespace mimar::nas
