#pragma once

#include <cstdint>

namespace mimar::local {

// What an epoll event of the runner's loop is about. Keys of trials are their id times
// kKeysPerTrial plus the channel; ids begin at 1.
inline constexpr std::uint64_t kRequestsKey = 0;
inline constexpr std::uint64_t kSpawnerKey = 1;
inline constexpr std::uint64_t kForkControlKey = 2;
inline constexpr std::uint64_t kForkSocketKey = 3;
inline constexpr std::uint64_t kKeysPerTrial = 4;

}  // namespace mimar::local
