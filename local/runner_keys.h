#pragma once

#include <cstdint>

namespace mimar::local {

// What an epoll event of the runner's loop is about. Keys of replicas are their own
// times kKeysPerReplica plus the channel; these begin at 1.
inline constexpr std::uint64_t kRequestsKey = 0;
inline constexpr std::uint64_t kSpawnerKey = 1;
inline constexpr std::uint64_t kForkControlKey = 2;
inline constexpr std::uint64_t kForkSocketKey = 3;
inline constexpr std::uint64_t kKeysPerReplica = 4;

}  // namespace mimar::local
