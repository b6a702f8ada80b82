#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/file_descriptor.h"
#include "base/json.h"

namespace mimar {

/// Most descriptors that one packet may carry.
inline constexpr std::size_t kMaxPacketDescriptors = 8;

/// One JSON value with the file descriptors that came along.
struct JsonPacket {
  Json body;
  std::vector<FileDescriptor> descriptors;
};

/// Sends `body` as one packet on a unix socket of type SOCK_SEQPACKET, with copies of
/// `descriptors` (the caller keeps its own). Blocks while a blocking socket's buffer is full.
/// Errors: kInvalidArgument when there are more than kMaxPacketDescriptors or the text is larger
/// than the socket's buffer takes (about 200 kB), kFailedPrecondition when the other end is closed,
/// kUnavailable when a non-blocking socket is full. Never raises SIGPIPE.
void send_packet(int socket, const Json& body, std::span<const int> descriptors = {});

/// Receives the next packet; its descriptors are close-on-exec. Nothing when the other end is
/// closed. Blocks until a packet is there (poll first where that matters).
/// Errors: kInvalidArgument when the packet is no JSON (it is consumed, so that the next call reads
/// the next one), kUnavailable when a non-blocking socket has none.
std::optional<JsonPacket> receive_packet(int socket);

}  // namespace mimar
