#include "base/json_packet.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/error.h"

namespace mimar {
namespace {

struct SocketPair {
  FileDescriptor left;
  FileDescriptor right;
};

SocketPair make_sockets() {
  std::array<int, 2> fds{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), 0);
  return {FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

TEST(JsonPacket, KeepsPacketsApartAndInOrder) {
  const SocketPair sockets = make_sockets();
  send_packet(sockets.left.get(), {{"op", "run"}, {"n", 1}});
  send_packet(sockets.left.get(), {{"op", "signal"}, {"n", 2}});

  EXPECT_EQ(receive_packet(sockets.right.get())->body.dump(), R"({"op":"run","n":1})");
  EXPECT_EQ(receive_packet(sockets.right.get())->body.dump(), R"({"op":"signal","n":2})");
}

TEST(JsonPacket, CarriesWorkingDescriptorsThatAreCloseOnExec) {
  const SocketPair sockets = make_sockets();
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(::pipe(pipe_fds.data()), 0);
  FileDescriptor read_end(pipe_fds[0]);
  FileDescriptor write_end(pipe_fds[1]);
  send_packet(sockets.left.get(), {{"id", "a"}}, std::array{write_end.get()});
  write_end.reset();

  const auto packet = receive_packet(sockets.right.get());
  ASSERT_TRUE(packet.has_value());
  ASSERT_EQ(packet->descriptors.size(), 1U);
  const int fd = packet->descriptors[0].get();
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  ASSERT_EQ(::write(fd, "hi", 2), 2);
  std::array<char, 2> text{};
  ASSERT_EQ(::read(read_end.get(), text.data(), 2), 2);
  EXPECT_EQ(std::string(text.data(), 2), "hi");
}

TEST(JsonPacket, SaysNothingWhenTheOtherEndIsClosed) {
  SocketPair sockets = make_sockets();
  send_packet(sockets.left.get(), {{"last", true}});
  sockets.left.reset();

  EXPECT_TRUE(receive_packet(sockets.right.get()).has_value());
  EXPECT_FALSE(receive_packet(sockets.right.get()).has_value());
  try {
    send_packet(sockets.right.get(), {{"op", "late"}});
    FAIL() << "sent into a closed socket";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
  }
}

TEST(JsonPacket, RejectsWhatIsNoJsonAndReadsOn) {
  const SocketPair sockets = make_sockets();
  ASSERT_EQ(::send(sockets.left.get(), "{oops", 5, 0), 5);
  send_packet(sockets.left.get(), {{"fine", 1}});

  EXPECT_THROW(receive_packet(sockets.right.get()), Error);
  EXPECT_EQ(receive_packet(sockets.right.get())->body["fine"], 1);
}

TEST(JsonPacket, TakesLargeTextAndRefusesTooLarge) {
  const SocketPair sockets = make_sockets();
  const std::string large(100'000, 'x');
  send_packet(sockets.left.get(), {{"text", large}});
  EXPECT_EQ(receive_packet(sockets.right.get())->body["text"], large);
  EXPECT_THROW(send_packet(sockets.left.get(), {{"text", std::string(10'000'000, 'x')}}), Error);
}

TEST(JsonPacket, RefusesTooManyDescriptors) {
  const SocketPair sockets = make_sockets();
  const std::vector<int> many(kMaxPacketDescriptors + 1, sockets.left.get());
  EXPECT_THROW(send_packet(sockets.left.get(), {{"id", "a"}}, many), Error);
}

}  // namespace
}  // namespace mimar
