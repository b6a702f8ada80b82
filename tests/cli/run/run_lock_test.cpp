#include "cli/run/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "base/error.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away with the test.
class RunLockTest : public testing::Test {
 protected:
  RunLockTest()
      : folder_(fs::path(testing::TempDir()) / ("run-lock-" + std::to_string(getpid()))) {}
  ~RunLockTest() override { fs::remove_all(folder_); }

  /// Runs `body` in a child process; true when it returns true.
  static bool in_child(const std::function<bool()>& body) {
    const pid_t child = fork();
    if (child == 0) _exit(body() ? 0 : 1);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  fs::path folder_;
};

TEST_F(RunLockTest, LocksOtherProcessesOutAndNamesTheHolder) {
  const RunLock lock(folder_, "demo", "; help");
  const pid_t holder = getpid();
  EXPECT_TRUE(in_child([&] {
    try {
      const RunLock second(folder_, "demo", "; help");
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::kAborted &&
             error.what() ==
                 concat("experiment \"demo\" is already running, pid ", holder, "; help");
    }
  }));
  EXPECT_TRUE(in_child([&] { return find_runner(folder_, "demo") == holder; }));
  EXPECT_TRUE(in_child([&] {
    const RunLock other(folder_, "other", "");
    return true;
  }));
}

TEST_F(RunLockTest, IsFreeAgainWhenTheHolderIsGoneEvenIfItsChildrenLive) {
  std::array<int, 2> life{};
  ASSERT_EQ(pipe(life.data()), 0);
  EXPECT_TRUE(in_child([&] {
    const RunLock lock(folder_, "demo", "");
    if (fork() == 0) {  // a grandchild that outlives the holder, with the file still open
      close(life[1]);
      char byte = 0;
      const bool end_of_file = read(life[0], &byte, 1) == 0;
      _exit(end_of_file ? 0 : 1);
    }
    return true;
  }));
  EXPECT_TRUE(in_child([&] {
    const RunLock lock(folder_, "demo", "");
    return true;
  }));
  close(life[0]);
  close(life[1]);
}

TEST_F(RunLockTest, FindsNobodyWhereNobodyRuns) {
  EXPECT_EQ(find_runner(folder_, "demo"), std::nullopt);
  EXPECT_TRUE(in_child([&] {
    const RunLock lock(folder_, "demo", "");
    return true;
  }));
  EXPECT_EQ(find_runner(folder_, "demo"), std::nullopt);
}

TEST_F(RunLockTest, GoesWithItsFile) {
  RunLock lock(folder_, "demo", "");
  lock.remove_file();
  EXPECT_FALSE(fs::exists(folder_ / "locks" / "demo"));
}

}  // namespace
}  // namespace mimar::cli
