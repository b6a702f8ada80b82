#include "local/core_division.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::local {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(CoreDivision, GivesEachSlotAnEqualPart) {
  const CoreDivision division({.cpus = {2, 3, 6, 7}}, 2);
  EXPECT_EQ(division.slots(), 2);
  EXPECT_EQ(division.share(0), (CoreShare{.cpus = {2, 3}, .threads = 2}));
  EXPECT_EQ(division.share(1), (CoreShare{.cpus = {6, 7}, .threads = 2}));
}

TEST(CoreDivision, LeavesNoCoreIdleWhenPartsAreUneven) {
  const CoreDivision division({.cpus = {0, 1, 2, 3, 4}}, 3);
  EXPECT_THAT(division.share(0).cpus, ElementsAre(0));
  EXPECT_THAT(division.share(1).cpus, ElementsAre(1, 2));
  EXPECT_THAT(division.share(2).cpus, ElementsAre(3, 4));
}

TEST(CoreDivision, SharesCoresRoundRobinWithOneThreadEach) {
  const CoreDivision division({.cpus = {4, 5}}, 5);
  EXPECT_EQ(division.slots(), 5);
  for (int slot = 0; slot < 5; ++slot) {
    EXPECT_EQ(division.share(slot), (CoreShare{.cpus = {4 + slot % 2}, .threads = 1}));
  }
}

TEST(CoreDivision, LowersParallelismWhenEachTrialNeedsMore) {
  const CoreDivision division({.cpus = {0, 1, 2, 3, 4}}, 4, 2.0);
  EXPECT_EQ(division.slots(), 2);
  EXPECT_EQ(division.share(1), (CoreShare{.cpus = {2, 3}, .threads = 2}));
}

TEST(CoreDivision, LetsHalvesOfACoreShareIt) {
  const CoreDivision division({.cpus = {0, 1}}, 8, 0.5);
  EXPECT_EQ(division.slots(), 4);
  EXPECT_EQ(division.share(2), (CoreShare{.cpus = {0}, .threads = 1}));
}

TEST(CoreDivision, RunsOneTrialThatAsksForMoreThanThereIs) {
  const CoreDivision division({.cpus = {0, 1}}, 3, 16.0);
  EXPECT_EQ(division.slots(), 1);
  EXPECT_EQ(division.share(0), (CoreShare{.cpus = {0, 1}, .threads = 2}));
}

TEST(CoreDivision, CountsThreadsButDoesNotBindUnderAQuota) {
  const CoreDivision division({.cpus = {0, 1, 2, 3, 4, 5, 6, 7}, .quota = 4.0}, 2);
  EXPECT_EQ(division.share(1), (CoreShare{.cpus = {}, .threads = 2}));
  EXPECT_EQ(CoreDivision({.cpus = {0, 1, 2, 3}, .quota = 0.5}, 1).share(0).threads, 1);
  EXPECT_THAT(CoreDivision({.cpus = {0, 1}, .quota = 2.0}, 2).share(1).cpus, ElementsAre(1));
}

TEST(CoreDivision, RejectsNonsense) {
  EXPECT_THROW(CoreDivision({}, 1), Error);
  EXPECT_THROW(CoreDivision({.cpus = {0}}, 0), Error);
  EXPECT_THROW(CoreDivision({.cpus = {0}}, 1, 0.0), Error);
}

/// A copy of the files that tell about control groups.
class GroupFiles {
 public:
  GroupFiles() : root_(fs::path(testing::TempDir()) / concat("mimar-cgroups-", ::getpid())) {
    fs::remove_all(root_);
  }
  ~GroupFiles() { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

TEST(CpuQuota, IsTheSmallestOnTheWayUp) {
  GroupFiles files;
  files.write("proc/self/cgroup", "0::/user/job\n");
  files.write("sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
  files.write("sys/fs/cgroup/user/cpu.max", "150000 100000\n");
  EXPECT_EQ(find_cpu_quota(files.root()), 1.5);
}

TEST(CpuQuota, IsReadFromTheOldHierarchyToo) {
  GroupFiles files;
  files.write("proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/docker/abc\n");
  files.write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "-1\n");
  files.write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
  files.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n");
  files.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(find_cpu_quota(files.root()), 3.0);
}

TEST(CpuQuota, IsNothingWithoutControlGroups) {
  const GroupFiles files;
  EXPECT_EQ(find_cpu_quota(files.root()), std::nullopt);
}

TEST(Cores, HoldsAtLeastTheOneWeRunOn) { EXPECT_THAT(find_cores().cpus, testing::Not(IsEmpty())); }

}  // namespace
}  // namespace mimar::local
