#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/file_descriptor.h"

namespace mimar {

/// Room in a message for up to `Count` file descriptors (SCM_RIGHTS), aligned as the kernel wants.
template <std::size_t Count>
struct DescriptorRoom {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(Count * sizeof(int))> bytes{};
};

/// Makes `message` carry copies of `descriptors`; `room` must hold them and outlive the sending.
/// Needs at least one descriptor.
void attach_descriptors(msghdr& message, std::span<char> room, std::span<const int> descriptors);

/// Takes ownership of every descriptor that a received message brought, at once, so that none leaks
/// whatever happens next.
std::vector<FileDescriptor> take_descriptors(msghdr& message);

}  // namespace mimar
