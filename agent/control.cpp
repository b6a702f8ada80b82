#include "agent/control.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/descriptor_passing.h"
#include "base/error.h"

namespace mimar::agent {
namespace {

constexpr std::size_t kMaxDescriptors = 16;

}  // namespace

std::pair<FileDescriptor, FileDescriptor> make_packet_sockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail_errno("cannot make a socket");
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

bool send_control(int socket, const ControlPacket& packet) noexcept {
  ssize_t sent = -1;
  do {
    sent = ::send(socket, &packet, sizeof packet, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof packet);
}

ControlState receive_control(int socket, ControlPacket& packet) noexcept {
  ssize_t size = -1;
  do {
    size = ::recv(socket, &packet, sizeof packet, MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size == static_cast<ssize_t>(sizeof packet)) return ControlState::kPacket;
  if (size < 0 && errno == EAGAIN) return ControlState::kNothingYet;
  return ControlState::kClosed;
}

void send_descriptors(int socket, std::span<const int> descriptors) {
  require(!descriptors.empty() && descriptors.size() <= kMaxDescriptors,
          "a packet holds 1 to 16 descriptors: ", descriptors.size());
  char byte = 0;
  iovec payload{.iov_base = &byte, .iov_len = 1};
  DescriptorRoom<kMaxDescriptors> room;
  msghdr message{};
  message.msg_iov = &payload;
  message.msg_iovlen = 1;
  attach_descriptors(message, room.bytes, descriptors);
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return;
  if (errno == EPIPE || errno == ECONNRESET) {
    fail(ErrorCode::kUnavailable, "the process that starts trials is gone");
  }
  fail_errno("cannot hand descriptors to the process that starts trials");
}

std::optional<std::vector<FileDescriptor>> receive_descriptors(int socket) {
  char byte = 0;
  iovec payload{.iov_base = &byte, .iov_len = 1};
  DescriptorRoom<kMaxDescriptors> room;
  msghdr message{};
  message.msg_iov = &payload;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes.data();
  message.msg_controllen = room.bytes.size();
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno != ECONNRESET) fail_errno("cannot receive descriptors");
  if (size <= 0) return std::nullopt;
  return take_descriptors(message);
}

FileDescriptor make_memory_file(const std::string& bytes) {
  FileDescriptor file(::memfd_create("mimar", MFD_CLOEXEC));
  if (!file) fail_errno("cannot make a file in memory");
  for (std::size_t written = 0; written < bytes.size();) {
    const ssize_t size = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail_errno("cannot write a file in memory");
    written += static_cast<std::size_t>(size);
  }
  return file;
}

std::string read_memory_file(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) fail_errno("cannot look at a file in memory");
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t got = 0; got < bytes.size();) {
    const ssize_t size =
        ::pread(file, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail_errno("cannot read a file in memory");
    if (size == 0) bytes.resize(got);
    got += static_cast<std::size_t>(size);
  }
  return bytes;
}

}  // namespace mimar::agent
