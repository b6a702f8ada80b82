#pragma once

/// What differs between LibTorch 1.13 and 2.x stands here and nowhere else.

#include <ATen/Context.h>
#include <torch/version.h>

namespace mimar::nas {

/// Makes every operation that has a deterministic form use it; one that has none warns at most.
/// LibTorch 2.x would also fill fresh memory, which costs time and changes no result of ours.
inline void use_deterministic_algorithms() {
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 2)
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
}

}  // namespace mimar::nas
