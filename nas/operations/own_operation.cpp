#include "nas/operations/own_operation.h"

#include "base/error.h"

namespace mimar::nas {

MapShape output_shape(const OwnOperation& operation, const MapShape& input) {
  const auto shrunk = [&](std::int64_t side) {
    return (side + operation.stride - 1) / operation.stride;
  };
  return {.channels = operation.out, .height = shrunk(input.height), .width = shrunk(input.width)};
}

NetworkCounts count_own(const OwnCounter& counter, const OwnOperation& operation,
                        const MapShape& input) {
  if (!counter) {
    fail(ErrorCode::kFailedPrecondition, "\"", operation.file,
         "\" can only be counted with LibTorch: use mimar-train count");
  }
  return counter(operation, input);
}

}  // namespace mimar::nas
