// Several processes of mimar-train that train one network together, as the replicas of a
// PyTorchJob do. No LibTorch in the test itself: it starts the program and reads what it says.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_descriptor.h"
#include "tests/trainer/tiny_data.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr const char* kNetwork =
    R"({"version":1,"space":"chain","inputSizes":[10,10,1],"outputSizes":[10],"layers":[)"
    R"({"op":"convolution","parameters":{"num_filter":"12"},"skips":[]},)"
    R"({"op":"reduction","parameters":{},"skips":[]},)"
    R"({"op":"convolution","parameters":{"num_filter":"16"},"skips":[]}]})";

/// A port that nobody listened on a moment ago.
std::uint16_t free_port() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, size) != 0) fail_errno("bind");
  if (::getsockname(socket.get(), generic, &size) != 0) fail_errno("getsockname");
  return ntohs(address.sin_port);
}

/// What a process has said and how it ended.
struct Ended {
  int exit_code = 0;  // 128 + signal
  std::string text;

  /// `name=value` of the line that begins with `epoch=<epoch> ` and holds that name.
  std::string value(int epoch, const std::string& name) const {
    const std::regex pattern(concat("\nepoch=", epoch, " [^\n]*\\b", name, "=([^ \n]+)"));
    std::smatch match;
    const std::string lines = "\n" + text;
    return std::regex_search(lines, match, pattern) ? match[1].str() : std::string();
  }
};

class DataParallel : public testing::Test {
 protected:
  void SetUp() override { write_bars_data_set(folder_.path()); }

  /// Starts one process with these flags and its place in the environment.
  pid_t start(const std::vector<std::string>& flags, int rank, int size, std::uint16_t port) const {
    std::vector<std::string> words = {"mimar-train",
                                      "fit",
                                      concat("--network=", kNetwork),
                                      "--threads=1",
                                      "--device=cpu",
                                      "--optimizer=sgd",
                                      "--epochs=2",
                                      "--data-dir=" + folder_.path().string()};
    words.insert(words.end(), flags.begin(), flags.end());
    std::map<std::string, std::string> place;
    if (size > 1) {
      place = {{"WORLD_SIZE", std::to_string(size)},
               {"RANK", std::to_string(rank)},
               {"MASTER_ADDR", "127.0.0.1"},
               {"MASTER_PORT", std::to_string(port)}};
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string out = output(rank).string();
    const pid_t process = ::fork();
    if (process != 0) return process;
    for (const auto& [name, value] : place) ::setenv(name.c_str(), value.c_str(), 1);
    const int file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, 1);
    ::dup2(file, 2);
    ::execv(MIMAR_BIN_DIR "/mimar-train", arguments.data());
    ::_exit(127);
  }

  Ended wait(pid_t process, int rank) const {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    std::ifstream file(output(rank));
    return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            .text = {std::istreambuf_iterator<char>(file), {}}};
  }

  /// Runs so many processes together to their end.
  std::vector<Ended> run(int size, const std::vector<std::string>& flags) const {
    const std::uint16_t port = free_port();
    std::vector<pid_t> processes;
    for (int rank = 0; rank < size; ++rank) processes.push_back(start(flags, rank, size, port));
    std::vector<Ended> all;
    for (int rank = 0; rank < size; ++rank) {
      all.push_back(wait(processes[static_cast<std::size_t>(rank)], rank));
      EXPECT_EQ(all.back().exit_code, 0) << "rank " << rank << ": " << all.back().text;
    }
    return all;
  }

  fs::path output(int rank) const { return folder_.path() / concat("out", rank); }

  TemporaryFolder folder_;
};

// 480 images train; with batches of 56 the last has 32, which three processes share unevenly.
const std::vector<std::string> kPlain = {"--normalisation=none", "--batch-size=56", "--lr=0.02",
                                         "--parameter-hash"};

TEST_F(DataParallel, LearnsWhatOneProcessLearnsFromTheJoinedBatch) {
  const Ended alone = run(1, kPlain).front();
  for (const int size : {2, 3}) {
    const std::vector<Ended> together = run(size, kPlain);
    for (const int epoch : {1, 2}) {
      SCOPED_TRACE(testing::Message() << size << " processes, epoch " << epoch);
      for (const std::string name : {"train-loss", "validation-loss"}) {
        EXPECT_NEAR(std::stod(together[0].value(epoch, name)), std::stod(alone.value(epoch, name)),
                    1e-5)
            << name;
      }
      EXPECT_EQ(together[0].value(epoch, "validation-accuracy"),
                alone.value(epoch, "validation-accuracy"));
    }
  }
}

TEST_F(DataParallel, KeepsTheSameWeightsInAllProcessesAndSharesTheImages) {
  const std::vector<Ended> together = run(3, {"--batch-size=56", "--augment=crop-flip"});
  for (const int epoch : {1, 2}) {
    int images = 0;
    for (const Ended& process : together) {
      EXPECT_EQ(process.value(epoch, "parameter-hash"), together[0].value(epoch, "parameter-hash"));
      EXPECT_THAT(process.value(epoch, "parameter-hash"), testing::MatchesRegex("[0-9a-f]{16}"));
      images += std::stoi(process.value(epoch, "images"));
      EXPECT_NEAR(std::stoi(process.value(epoch, "images")), 160, 10);
    }
    EXPECT_EQ(images, 480);
  }
  EXPECT_NE(together[0].value(1, "parameter-hash"), together[0].value(2, "parameter-hash"));
}

TEST_F(DataParallel, LetsTheFirstProcessAloneReportKeepAndExport) {
  const fs::path model = folder_.path() / "model.pt";
  const std::vector<Ended> together = run(2, {"--export=" + model.string()});
  EXPECT_THAT(together[0].text, HasSubstr("validation-accuracy="));
  EXPECT_THAT(together[0].text, HasSubstr("exported to"));
  EXPECT_THAT(together[1].text, Not(HasSubstr("validation-accuracy=")));
  EXPECT_THAT(together[1].text, Not(HasSubstr("exported to")));
  EXPECT_TRUE(fs::exists(model));
}

TEST_F(DataParallel, GoesOnFromACheckpointThatOnlyTheFirstProcessHas) {
  const std::vector<Ended> whole = run(2, {"--lr-schedule=constant"});
  const std::string dir = (folder_.path() / "checkpoints").string();
  run(2, {"--lr-schedule=constant", "--epochs=1", "--checkpoint-dir=" + dir});
  fs::create_directory(folder_.path() / "empty");
  const std::uint16_t port = free_port();
  const pid_t first = start({"--lr-schedule=constant", "--checkpoint-dir=" + dir}, 0, 2, port);
  const pid_t second =
      start({"--lr-schedule=constant", "--checkpoint-dir=" + (folder_.path() / "empty").string()},
            1, 2, port);
  const Ended resumed = wait(first, 0);
  EXPECT_EQ(wait(second, 1).exit_code, 0);
  EXPECT_THAT(resumed.text, HasSubstr("going on from the checkpoint after epoch 1"));
  EXPECT_EQ(resumed.value(2, "parameter-hash"), whole[0].value(2, "parameter-hash"));
}

TEST_F(DataParallel, FailsInAllWhenOneIsKilled) {
  const std::uint16_t port = free_port();
  const std::vector<std::string> flags = {"--epochs=100000"};
  const pid_t first = start(flags, 0, 2, port);
  const pid_t second = start(flags, 1, 2, port);
  std::string said;
  for (int i = 0; i < 3000 && said.find("epoch=1 ") == std::string::npos; ++i) {
    ::usleep(10'000);
    std::ifstream file(output(0));
    said.assign(std::istreambuf_iterator<char>(file), {});
  }
  ::kill(second, SIGKILL);
  EXPECT_EQ(wait(second, 1).exit_code, 128 + SIGKILL);
  const Ended survivor = wait(first, 0);
  EXPECT_EQ(survivor.exit_code, 1);
  EXPECT_THAT(survivor.text, HasSubstr("another process of this training has gone"));
}

}  // namespace
}  // namespace mimar::trainer
