#include "base/json_packet.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <string>

#include "base/descriptor_passing.h"
#include "base/error.h"

namespace mimar {
namespace {

/// Size in bytes of the packet at the head of the queue, 0 at the end of the stream.
std::size_t peek_size(int socket) {
  while (true) {
    const ssize_t size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno == ECONNRESET) return 0;
    if (errno != EINTR) fail_errno("cannot receive a packet");
  }
}

}  // namespace

void send_packet(int socket, const Json& body, std::span<const int> descriptors) {
  require(descriptors.size() <= kMaxPacketDescriptors, "a packet carries at most ",
          kMaxPacketDescriptors, " descriptors: ", descriptors.size());
  std::string text = body.dump();
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  DescriptorRoom<kMaxPacketDescriptors> control;
  if (!descriptors.empty()) attach_descriptors(message, control.bytes, descriptors);

  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    require(errno != EMSGSIZE, "a packet is too large for its socket (bytes): ", text.size());
    if (errno == EPIPE || errno == ECONNRESET) {
      fail(ErrorCode::kFailedPrecondition, "cannot send a packet: the other end is closed");
    }
    fail_errno("cannot send a packet");
  }
}

std::optional<JsonPacket> receive_packet(int socket) {
  const std::size_t size = peek_size(socket);
  if (size == 0) return std::nullopt;
  std::string text(size, '\0');
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  DescriptorRoom<kMaxPacketDescriptors> control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();

  ssize_t received = 0;
  do {
    received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) fail_errno("cannot receive a packet");
  if (received == 0) return std::nullopt;

  JsonPacket packet{.body = {}, .descriptors = take_descriptors(message)};
  require((message.msg_flags & MSG_CTRUNC) == 0, "a packet brings too many descriptors");
  text.resize(static_cast<std::size_t>(received));
  packet.body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  require(!packet.body.is_discarded(), "a packet is no JSON: ", text.substr(0, 80));
  return packet;
}

}  // namespace mimar
