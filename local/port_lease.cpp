#include "local/port_lease.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>

#include "base/error.h"

namespace mimar::local {
namespace {

constexpr int kFirstPort = 15000;

/// One past the last port to be used: where the kernel's own begin.
int end_of_ports() {
  int first = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
  return first > kFirstPort + 1000 ? first : 32768;
}

/// A socket bound to an abstract name, which the kernel gives to one socket of the machine only and
/// takes back when the holder ends, however it ends.
FileDescriptor lock_name(int port) {
  FileDescriptor lock(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!lock) fail_errno("cannot make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "mimar-port-" + std::to_string(port);
  std::memcpy(static_cast<char*>(address.sun_path) + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(lock.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) lock.reset();
  return lock;
}

bool is_free(int port) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) fail_errno("cannot make a socket");
  const int reuse = 1;  // connections that have just ended are no listeners
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

PortLease::PortLease() {
  const int count = end_of_ports() - kFirstPort;
  // Each process begins elsewhere, and goes on behind its last one: a port rests after its use.
  static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 16};
  for (int i = 0; i < count; ++i) {
    const int port = kFirstPort + static_cast<int>(next++ % static_cast<unsigned>(count));
    lock_ = lock_name(port);
    if (!lock_ || !is_free(port)) continue;
    port_ = port;
    return;
  }
  fail(ErrorCode::kResourceExhausted, "all TCP ports from ", kFirstPort, " to ",
       kFirstPort + count - 1, " are taken");
}

}  // namespace mimar::local
