#pragma once

#include <cstdint>
#include <cstring>

#include "nas/operations/channel_block.h"

// For the sources of kernels: a block of channels as one value, and kernels for wide registers.

namespace mimar::nas {

template <class T>
struct LanesOf;
template <>
struct LanesOf<float> {
  typedef float Type __attribute__((vector_size(kChannelBlock * sizeof(float))));
};
template <>
struct LanesOf<double> {
  typedef double Type __attribute__((vector_size(kChannelBlock * sizeof(double))));
};
template <>
struct LanesOf<std::int32_t> {
  typedef std::int32_t Type __attribute__((vector_size(kChannelBlock * sizeof(std::int32_t))));
};
template <>
struct LanesOf<std::int64_t> {
  typedef std::int64_t Type __attribute__((vector_size(kChannelBlock * sizeof(std::int64_t))));
};
/// One pixel's values in all channels of a block.
template <class T>
using Lanes = typename LanesOf<T>::Type;

template <class T>
[[gnu::always_inline]] inline void load(Lanes<T>& lanes, const T* from) {
  std::memcpy(&lanes, from, sizeof lanes);
}

template <class T>
[[gnu::always_inline]] inline void store(const Lanes<T>& lanes, std::int64_t channels, T* to) {
  if (channels == kChannelBlock) {
    std::memcpy(to, &lanes, sizeof lanes);
    return;
  }
  for (std::int64_t channel = 0; channel < channels; ++channel) to[channel] = lanes[channel];
}

#if defined(__x86_64__)
/// The same kernel, built for processors with AVX2 and fused multiply-adds.
template <class Kernel, class... Args>
[[gnu::target("avx2,fma")]] void run_wide(const Args&... args) {
  Kernel::run(args...);
}

inline bool has_wide_registers() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}
#endif

template <class Kernel, class... Args>
void run(const Args&... args) {
#if defined(__x86_64__)
  if (has_wide_registers()) return run_wide<Kernel>(args...);
#endif
  Kernel::run(args...);
}

}  // namespace mimar::nas
