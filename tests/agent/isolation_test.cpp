#include "agent/isolation.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

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
                               .network = true});
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

TEST(Isolation, TellsWhatCannotBe) {
  EXPECT_TRUE(holds_for_nobody([] {
    return isolate({.paths = {{.source = "/no-such-source", .target = "/tmp", .is_file = false}},
                    .scratch = "",
                    .network = false}) != 0;
  }));
}

}  // namespace
}  // namespace mimar::agent
