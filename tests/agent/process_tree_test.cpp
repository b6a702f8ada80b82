#include "agent/process_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace mimar::agent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

/// A child with a child of its own, both waiting for a signal.
struct Family {
  pid_t child = 0;
  pid_t grandchild = 0;
};

Family make_family() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    pid_t pid = ::fork();
    if (pid == 0) {
      while (true) ::pause();
    }
    if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
    while (true) ::pause();
  }
  Family family{.child = child};
  EXPECT_EQ(::read(ends[0], &family.grandchild, sizeof(pid_t)),
            static_cast<ssize_t>(sizeof(pid_t)));
  ::close(ends[0]);
  ::close(ends[1]);
  return family;
}

TEST(ProcessTree, ListsChildrenBeforeGrandchildren) {
  const Family family = make_family();
  EXPECT_THAT(find_descendants(::getpid()), ElementsAre(family.child, family.grandchild));
  EXPECT_THAT(find_descendants(family.child), ElementsAre(family.grandchild));
  EXPECT_EQ(signal_descendants(SIGKILL), 2U);
  ::waitpid(family.child, nullptr, 0);
}

TEST(ProcessTree, SparesABranch) {
  const Family one = make_family();
  const Family two = make_family();
  const std::array<pid_t, 1> spared{one.child};
  EXPECT_EQ(signal_descendants(SIGKILL, spared), 2U);
  ::waitpid(two.child, nullptr, 0);
  EXPECT_THAT(find_descendants(::getpid()), ElementsAre(one.child, one.grandchild));
  EXPECT_EQ(signal_descendants(SIGKILL), 2U);
  ::waitpid(one.child, nullptr, 0);
}

TEST(ProcessTree, LeavesZombiesOut) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_THAT(find_descendants(::getpid()), Not(Contains(child)));
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace mimar::agent
