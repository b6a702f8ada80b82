#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/json_packet.h"
#include "tests/trainer/tiny_data.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;

constexpr const char* kNetwork =
    R"({"version":1,"space":"chain","inputSizes":[10,10,1],"outputSizes":[10],"layers":[)"
    R"({"op":"convolution","parameters":{"num_filter":"8"},"skips":[]}]})";

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) fail_errno("pipe");
    out = FileDescriptor(fds[0]);
    in = FileDescriptor(fds[1]);
  }

  /// Reads a line, or what there is at the end.
  std::string read_line() {
    std::string line;
    char byte = 0;
    while (::read(out.get(), &byte, 1) == 1) {
      if (byte == '\n') return line;
      line += byte;
    }
    return line;
  }

  std::string read_all() {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t size = 0; (size = ::read(out.get(), bytes.data(), bytes.size())) > 0;) {
      text.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

  FileDescriptor out;
  FileDescriptor in;
};

/// The program under test with our end of its socket. OPENBLAS_NUM_THREADS is left as it is, so
/// that the program's own care about threads is tested too.
class Server {
 public:
  Server() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) {
      fail_errno("socketpair");
    }
    socket_ = FileDescriptor(fds[0]);
    const FileDescriptor theirs(fds[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::fcntl(theirs.get(), F_SETFD, 0);
      const std::string flag = concat("--fork-server=", theirs.get());
      ::execl(MIMAR_BIN_DIR "/mimar-train", "mimar-train", flag.c_str(), nullptr);
      ::_exit(127);
    }
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    socket_.reset();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }

  void send(const Json& request, std::span<const int> descriptors = {}) const {
    send_packet(socket_.get(), request, descriptors);
  }

  Json receive() const {
    const auto packet = receive_packet(socket_.get());
    return packet ? packet->body : Json("closed");
  }

  /// Sends a run request whose output and metrics go to the pipes; closes our copies of their ends.
  void run(const Json& request, Pipe& output, Pipe& metrics) const {
    send(request, std::array{output.in.get(), metrics.in.get()});
    output.in.reset();
    metrics.in.reset();
  }

  pid_t pid() const { return pid_; }

  /// Closes the socket and returns how the server ended.
  int close() {
    socket_.reset();
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

  int kill_and_wait() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

 private:
  FileDescriptor socket_;
  pid_t pid_ = -1;
};

Json make_run(const std::string& id, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "mimar-train");
  return {{"op", "run"}, {"id", id}, {"argv", arguments}};
}

/// A training that lasts far longer than any test.
Json make_endless_run(const std::string& id, const std::string& data_dir) {
  return make_run(
      id, {"fit", concat("--network=", kNetwork), "--data-dir=" + data_dir, "--epochs=1000000"});
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0; }

TEST(ForkServer, RunsAProgramAndTellsItsEnd) {
  const Server server;
  Pipe output;
  Pipe metrics;
  server.run(make_run("t-1", {"count", concat("--network=", kNetwork)}), output, metrics);
  const Json started = server.receive();
  EXPECT_EQ(started["id"], "t-1");
  EXPECT_GT(started["started"].get<int>(), 1);
  EXPECT_EQ(server.receive().dump(), R"({"id":"t-1","exited":{"code":0}})");
  EXPECT_EQ(output.read_all(), "{\"parameter-count\":178,\"macs\":7290}\n");
  EXPECT_EQ(metrics.read_all(), "");
}

TEST(ForkServer, HasOneThread) {
  const Server server;
  Pipe output;
  Pipe metrics;
  server.run(make_run("t-1", {"version"}), output, metrics);
  server.receive();  // it serves by now
  std::size_t threads = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(concat("/proc/", server.pid(), "/task"))) {
    ++threads;
  }
  EXPECT_EQ(threads, 1U);
}

TEST(ForkServer, TrainsSeveralAtOnceWithTheirOwnPipes) {
  const TemporaryFolder folder;
  write_bars_data_set(folder.path());
  const Server server;
  std::array<Pipe, 3> outputs;
  std::array<Pipe, 3> metrics;
  for (std::size_t i = 0; i < 3; ++i) {
    Json request =
        make_run(concat("t-", i), {"fit", "--latency=false", concat("--network=", kNetwork),
                                   "--epochs", "2", "--data-dir", folder.path().string()});
    request["cpus"] = {0};
    server.run(request, outputs[i], metrics[i]);
  }
  int exits = 0;
  for (int i = 0; i < 6; ++i) {
    const Json reply = server.receive();
    if (!reply.contains("exited")) continue;
    EXPECT_EQ(reply["exited"].dump(), R"({"code":0})") << reply["id"];
    ++exits;
  }
  EXPECT_EQ(exits, 3);
  std::set<std::string> logs;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(metrics[i].read_line(), HasSubstr(R"("metrics":{"parameter-count":178)"));
    EXPECT_THAT(metrics[i].read_all(), HasSubstr(R"({"step":2,)"));
    logs.insert(outputs[i].read_all());
  }
  EXPECT_EQ(logs.size(), 1U);  // same seed, same threads, same numbers
}

TEST(ForkServer, GivesTheChildItsDirectoryEnvironmentAndCpus) {
  const TemporaryFolder folder;
  write_bars_data_set(folder.path());
  std::ofstream(folder.path() / "network.json") << kNetwork;
  const Server server;
  Pipe output;
  Pipe metrics;
  Json request =
      make_run("t-1", {"fit", "--network=@network.json", "--data-dir=.", "--epochs=1000000"});
  request["cwd"] = folder.path().string();
  request["env"] = {{"MIMAR_TEST_WORD", "dune"}};
  request["cpus"] = {0};
  server.run(request, output, metrics);
  const pid_t child = server.receive()["started"];
  EXPECT_THAT(metrics.read_line(), HasSubstr("parameter-count"));  // found its files

  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  ASSERT_EQ(::sched_getaffinity(child, sizeof cpus, &cpus), 0);
  EXPECT_EQ(CPU_COUNT(&cpus), 1);
  EXPECT_TRUE(CPU_ISSET(0, &cpus));
  EXPECT_EQ(::getpgid(child), child);
  server.send({{"op", "signal"}, {"id", "t-1"}, {"signal", SIGTERM}});
  EXPECT_EQ(server.receive().dump(), R"({"id":"t-1","exited":{"signal":15}})");
}

TEST(ForkServer, TellsWhatIsWrongWithARequest) {
  const Server server;
  server.send({{"op", "run"}, {"id", "t-1"}, {"argv", {"mimar-train", "version"}}});
  EXPECT_THAT(server.receive().dump(), HasSubstr("one or two descriptors"));
  server.send({{"op", "dance"}, {"id", "t-2"}});
  EXPECT_THAT(server.receive().dump(), HasSubstr(R"({"id":"t-2","error":"unknown op)"));
  server.send({{"op", "signal"}, {"id", "t-3"}, {"signal", 9}});
  EXPECT_THAT(server.receive().dump(), HasSubstr("no child of this id"));
  server.send({{"id", "t-4"}});
  EXPECT_THAT(server.receive().dump(), HasSubstr(R"({"id":"t-4","error":)"));
  server.send(Json::array({1, 2}));
  EXPECT_THAT(server.receive().dump(), HasSubstr(R"({"id":"","error":)"));

  Pipe output;
  Pipe metrics;
  Json lost = make_run("t-5", {"version"});
  lost["cwd"] = "/no/such/folder";
  server.run(lost, output, metrics);
  EXPECT_TRUE(server.receive().contains("started"));
  EXPECT_EQ(server.receive()["exited"].dump(), R"({"code":1})");
  EXPECT_THAT(output.read_all(), HasSubstr("cannot enter /no/such/folder"));
}

TEST(ForkServer, ReportsUsageErrorsAndRefusesDoubleIds) {
  const TemporaryFolder folder;
  write_bars_data_set(folder.path());
  const Server server;
  Pipe output;
  Pipe metrics;
  server.run(make_run("t-1", {"fit", "--epoch=3"}), output, metrics);
  server.receive();
  EXPECT_EQ(server.receive()["exited"].dump(), R"({"code":2})");
  EXPECT_THAT(output.read_all(), HasSubstr("did you mean --epochs?"));

  std::array<Pipe, 2> outputs;
  std::array<Pipe, 2> more_metrics;
  server.run(make_endless_run("t-2", folder.path()), outputs[0], more_metrics[0]);
  EXPECT_TRUE(server.receive().contains("started"));
  server.run(make_endless_run("t-2", folder.path()), outputs[1], more_metrics[1]);
  EXPECT_THAT(server.receive().dump(), HasSubstr("a child of this id is running"));
}

TEST(ForkServer, LeavesNoChildWhenTheSocketCloses) {
  const TemporaryFolder folder;
  write_bars_data_set(folder.path());
  Server server;
  Pipe output;
  Pipe metrics;
  server.run(make_endless_run("t-1", folder.path()), output, metrics);
  const pid_t child = server.receive()["started"];
  metrics.read_line();
  const int status = server.close();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(is_gone(child));
}

TEST(ForkServer, LeavesNoChildWhenItIsKilled) {
  const TemporaryFolder folder;
  write_bars_data_set(folder.path());
  Server server;
  Pipe output;
  Pipe metrics;
  server.run(make_endless_run("t-1", folder.path()), output, metrics);
  server.receive();
  metrics.read_line();
  server.kill_and_wait();
  metrics.read_all();  // ends only when the child, which holds the other end, is gone
  output.read_all();
}

TEST(ForkServer, RefusesWhatIsNoSocket) {
  const int status = std::system(MIMAR_BIN_DIR "/mimar-train --fork-server=99 2>/dev/null");
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace mimar::trainer
