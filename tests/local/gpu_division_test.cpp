#include "local/gpu_division.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "local/machine_memory.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

TEST(FindGpus, TakesTheEnvironmentsChoiceFirst) {
  const TestFolder folder;
  for (const char* name : {"nvidia0", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm", "null"}) {
    write(folder.path() / "dev" / name, "");
  }
  EXPECT_THAT(find_gpus({}, folder.path()), ElementsAre("0", "2", "10"));
  EXPECT_THAT(find_gpus({{"CUDA_VISIBLE_DEVICES", "3, GPU-a1b2"}}, folder.path()),
              ElementsAre("3", "GPU-a1b2"));
  EXPECT_THAT(find_gpus({{"CUDA_VISIBLE_DEVICES", ""}}, folder.path()), IsEmpty());
  EXPECT_THAT(find_gpus({{"CUDA_VISIBLE_DEVICES", "1,-1,2"}}, folder.path()), ElementsAre("1"));
  EXPECT_THAT(find_gpus({}, folder.path() / "none"), IsEmpty());
}

TEST(GpuDivision, HandsEachGpuToOneTrial) {
  GpuDivision division({"0", "1", "2"});
  const GpuIds first = division.take(2);
  EXPECT_THAT(first, ElementsAre("0", "1"));
  EXPECT_EQ(division.num_free(), 1);
  EXPECT_THAT(division.take(1), ElementsAre("2"));
  division.give_back(first);
  EXPECT_THAT(division.take(1), ElementsAre("0"));
  EXPECT_THAT(division.take(0), IsEmpty());
}

TEST(GpuDivision, SharesEquallyOrRoundRobin) {
  const GpuDivision four({"0", "1", "2", "3"});
  EXPECT_THAT(four.share(0, 2), ElementsAre("0", "1"));
  EXPECT_THAT(four.share(1, 2), ElementsAre("2", "3"));
  EXPECT_THAT(four.share(5, 2), ElementsAre("2", "3"));
  const GpuDivision two({"0", "1"});
  EXPECT_THAT(two.share(2, 3), ElementsAre("0"));
  EXPECT_THAT(GpuDivision({}).share(0, 1), IsEmpty());
  EXPECT_THAT(part_of({"a", "b", "c"}, 1, 2), ElementsAre("b", "c"));
  EXPECT_THAT(part_of({"a"}, 1, 2), ElementsAre("a"));
  EXPECT_EQ(join({"a", "b"}), "a,b");
}

TEST(MachineMemory, IsTheSmallestLimit) {
  const TestFolder folder;
  write(folder.path() / "proc/meminfo", "MemTotal:        1000 kB\nMemFree: 5 kB\n");
  write(folder.path() / "proc/self/cgroup", "0::/a/b\n");
  EXPECT_EQ(find_memory(folder.path()), 1000 * 1024);
  write(folder.path() / "sys/fs/cgroup/a/b/memory.max", "max\n");
  write(folder.path() / "sys/fs/cgroup/a/memory.max", "400000\n");
  EXPECT_EQ(find_memory(folder.path()), 400000);
  write(folder.path() / "proc/self/cgroup", "4:memory:/c\n0::/\n");
  write(folder.path() / "sys/fs/cgroup/memory/c/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(find_memory(folder.path()), 1000 * 1024);
  write(folder.path() / "sys/fs/cgroup/memory/c/memory.limit_in_bytes", "300000\n");
  EXPECT_EQ(find_memory(folder.path()), 300000);
}

}  // namespace
}  // namespace mimar::local
