#include "agent/page_poller.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace mimar::agent {
namespace {

constexpr timeval kTimeout{.tv_sec = 2, .tv_usec = 0};
constexpr std::size_t kMaxPageBytes = std::size_t{4} << 20U;

FileDescriptor connect_to(const PagePoll& poll) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(poll.port);
  if (::getaddrinfo(poll.host.c_str(), port.c_str(), &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    FileDescriptor socket(
        ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
    if (!socket) continue;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
    if (::connect(socket.get(), each->ai_addr, each->ai_addrlen) == 0) return socket;
  }
  return {};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

std::optional<std::string> fetch(const PagePoll& poll) {
  const FileDescriptor socket = connect_to(poll);
  if (!socket) return std::nullopt;
  std::string request = concat("GET ", poll.path, " HTTP/1.0\r\nHost: ", poll.host, ":", poll.port,
                               "\r\nAccept: text/plain;version=0.0.4\r\n");
  for (const std::string& header : poll.headers) request += header + "\r\n";
  if (!write_all(socket.get(), request + "\r\n")) return std::nullopt;
  std::string answer;
  std::array<char, 16384> buffer{};
  while (answer.size() < kMaxPageBytes) {
    const ssize_t size = ::read(socket.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  }
  const std::size_t space = answer.find(' ');
  const std::size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/") || body == std::string::npos) return std::nullopt;
  if (answer.compare(space + 1, 3, "200") != 0) return std::nullopt;
  return answer.substr(body + 4);
}

}  // namespace

void poll_page(const PagePoll& poll, int output) noexcept {
  try {
    while (true) {
      const std::optional<std::string> page = fetch(poll);
      if (page && !write_all(output, *page + '\0')) return;
      pollfd reader{.fd = output, .events = 0, .revents = 0};
      if (::poll(&reader, 1, static_cast<int>(poll.interval.count())) > 0) return;
    }
  } catch (const std::exception&) {  // out of memory: the trial goes on without its page
  }
}

}  // namespace mimar::agent
