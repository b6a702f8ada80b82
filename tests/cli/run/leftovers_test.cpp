#include "cli/run/leftovers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "base/error.h"

namespace mimar::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// A process that sleeps with one variable in its environment.
class Sleeper {
 public:
  explicit Sleeper(std::string variable) {
    std::array<int, 2> started{};
    EXPECT_EQ(pipe2(started.data(), O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const std::array<const char*, 3> argv = {"sleep", "3600", nullptr};
      std::array<char*, 2> envp = {variable.data(), nullptr};
      execve("/bin/sleep", const_cast<char* const*>(argv.data()), envp.data());
      _exit(127);
    }
    close(started[1]);
    char byte = 0;
    EXPECT_EQ(read(started[0], &byte, 1), 0);  // closed by exec: the environment is in place
    close(started[0]);
  }
  ~Sleeper() { end(); }
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

TEST(Leftovers, AreTheProcessesOfOneExperimentsTrials) {
  const std::string state = "/nowhere/" + std::to_string(getpid());
  Sleeper ours("MIMAR_TRIAL_DIR=" + state + "/trials/demo/demo-abc");
  const Sleeper others("MIMAR_TRIAL_DIR=" + state + "/trials/demo-2/demo-2-abc");
  const Sleeper unrelated("NOT_MIMAR_TRIAL_DIR=" + state + "/trials/demo/demo-abc");
  EXPECT_THAT(find_trial_processes(state, "demo"), ElementsAre(ours.pid()));
  try {
    wait_for_leftovers(state, "demo", 0ms);
    FAIL() << "a process lives";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kAborted);
    EXPECT_THAT(error.what(), HasSubstr("kill -9 " + std::to_string(ours.pid())));
  }
  ours.end();
  EXPECT_THAT(find_trial_processes(state, "demo"), IsEmpty());
  wait_for_leftovers(state, "demo", 0ms);
}

}  // namespace
}  // namespace mimar::cli
