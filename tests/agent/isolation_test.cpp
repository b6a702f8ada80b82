#include "agent/isolation.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "agent/control.h"
#include "agent/trial_network.h"
#include "base/error.h"

namespace mimar::agent {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kNobody = 65534;

/// Runs `body` in a child without privileges; true when it returns true.
bool holds_for_nobody(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool dropped = ::geteuid() != 0 || (::setresgid(kNobody, kNobody, kNobody) == 0 &&
                                              ::setresuid(kNobody, kNobody, kNobody) == 0);
    ::prctl(PR_SET_DUMPABLE, 1);  // as after exec
    ::_exit(dropped && body() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Isolation, ShowsAFolderThatNobodyMayMake) {
  if (!holds_for_nobody([] { return can_isolate(); })) {
    GTEST_SKIP() << "this machine allows no user namespaces";
  }
  const fs::path folder = fs::path(testing::TempDir()) / concat("mimar-isolation-", ::getpid());
  fs::create_directories(folder / "own");
  for (const fs::path& path : {folder, folder / "own"}) fs::permissions(path, fs::perms::all);
  const fs::path target = "/mimar-no-such-folder/deep/m.log";
  ASSERT_FALSE(fs::exists(target.parent_path()));
  EXPECT_TRUE(holds_for_nobody([&] {
    const int error = isolate({.paths = {{.source = (folder / "own").string(),
                                          .target = target.string(),
                                          .is_file = true}},
                               .scratch = (folder / "view").string(),
                               .network = Network::kLoopback});
    if (error != 0) return false;
    std::ofstream(target) << "loss=1\n";
    return fs::exists("/etc/passwd") && fs::exists("/proc/self/stat") &&
           !fs::exists(folder / "view" / "0" / "etc");
  }));
  std::string line;
  std::ifstream in(folder / "own" / "m.log");
  std::getline(in, line);
  EXPECT_EQ(line, "loss=1");
  EXPECT_FALSE(fs::exists("/mimar-no-such-folder"));
  fs::remove_all(folder);
}

/// Runs `body` in a child that has joined place `place` of `hub`; its pid.
pid_t start_in_network(const std::vector<FileDescriptor>& hub, int place,
                       const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  std::vector<int> joined;
  for (const FileDescriptor& fd : hub) joined.push_back(fd.get());
  const int error =
      isolate({.network = Network::kTrial, .place = place, .host_name = "pod"}, joined);
  ::_exit(error == 0 && body() ? 0 : 1);
}

bool has_succeeded(pid_t child) {
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

sockaddr_in at_port(const std::string& address) {
  sockaddr_in socket{};
  socket.sin_family = AF_INET;
  socket.sin_port = htons(8080);
  ::inet_pton(AF_INET, address.c_str(), &socket.sin_addr);
  return socket;
}

/// Waits for one connection at port 8080 and writes `word` to it.
bool serve_once(const std::string& word) {
  const FileDescriptor server(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in any = at_port("0.0.0.0");
  if (::bind(server.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) return false;
  if (::listen(server.get(), 1) != 0) return false;
  const FileDescriptor peer(::accept(server.get(), nullptr, nullptr));
  return ::write(peer.get(), word.data(), word.size()) == static_cast<ssize_t>(word.size());
}

std::string ask(const std::string& address) {
  const sockaddr_in place = at_port(address);
  for (int attempt = 0; attempt < 500; ++attempt) {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0) {
      std::string word(16, '\0');
      const ssize_t size = ::read(socket.get(), word.data(), word.size());
      return word.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    }
    ::usleep(20000);
  }
  return "";
}

/// Two replicas serve the same port, a third reaches both, and a fourth takes the first one's
/// place.
bool links_replicas() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return false;
  const pid_t maker = ::fork();
  if (maker == 0) {
    const std::vector<FileDescriptor> hub = make_network_hub();
    std::vector<int> numbers;
    for (const FileDescriptor& fd : hub) numbers.push_back(fd.get());
    send_descriptors(ends[1], numbers);
    ::_exit(0);
  }
  ::close(ends[1]);
  const auto hub = receive_descriptors(ends[0]);
  if (!has_succeeded(maker) || !hub || hub->empty()) return false;
  const pid_t first = start_in_network(*hub, 0, [] { return serve_once("first"); });
  const pid_t second = start_in_network(*hub, 1, [] { return serve_once("second"); });
  const pid_t third = start_in_network(*hub, 2, [] {
    return ask(network_address(1)) == "second" && ask(network_address(0)) == "first";
  });
  bool all = has_succeeded(third);
  all = has_succeeded(first) && all;
  all = has_succeeded(second) && all;
  const pid_t fourth = start_in_network(*hub, 0, [] { return serve_once("fourth"); });
  const pid_t fifth = start_in_network(*hub, 1, [] { return ask(network_address(0)) == "fourth"; });
  all = has_succeeded(fifth) && all;
  return has_succeeded(fourth) && all;
}

TEST(Isolation, LinksReplicasThatServeTheSamePort) {
  if (!can_link_replicas()) GTEST_SKIP() << "this machine makes no bridges";
  EXPECT_TRUE(links_replicas());
}

TEST(Isolation, LinksReplicasWithoutPrivileges) {
  if (!holds_for_nobody([] { return can_link_replicas(); })) {
    GTEST_SKIP() << "this machine allows no user namespaces";
  }
  EXPECT_TRUE(holds_for_nobody(links_replicas));
}

TEST(Isolation, NumbersThePlacesOfANetwork) {
  EXPECT_EQ(network_address(0), "10.128.0.1");
  EXPECT_EQ(network_address(249), "10.128.0.250");
  EXPECT_EQ(network_address(250), "10.128.1.1");
  EXPECT_THROW(network_address(60000), Error);
}

TEST(Isolation, TellsWhatCannotBe) {
  EXPECT_TRUE(holds_for_nobody([] {
    return isolate({.paths = {{.source = "/no-such-source", .target = "/tmp", .is_file = false}},
                    .scratch = "",
                    .network = Network::kMachine}) != 0;
  }));
}

}  // namespace
}  // namespace mimar::agent
