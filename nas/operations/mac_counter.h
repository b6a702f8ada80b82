#pragma once

#include <cstdint>
#include <functional>

namespace mimar::nas {

/// Multiply-adds of the convolutions and matrix products that `run` has LibTorch do on this thread,
/// by LibTorch's own record of the calls. Not to be nested.
std::int64_t count_macs(const std::function<void()>& run);

}  // namespace mimar::nas
