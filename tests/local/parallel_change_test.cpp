// Cores of trials that run while the number of parallel trials changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <sstream>

#include "base/error.h"
#include "local/core_division.h"
#include "tests/agent/process_watch.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using agent::eventually;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<int> cores_of(pid_t process) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(process, sizeof set, &set) != 0) return cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cores.push_back(cpu);
  }
  return cores;
}

class ParallelChangeTest : public testing::Test {
 protected:
  void SetUp() override {
    const Cores cores = find_cores();
    if (cores.cpus.size() < 2 || cores.quota) GTEST_SKIP() << "needs two cores of its own";
    two_ = {cores.cpus[0], cores.cpus[1]};
  }

  void start_runner(int parallel) {
    runner_ = std::make_unique<LocalRunner>(
        LocalRunnerOptions{.state_dir = folder_.path(), .parallel = parallel, .cpus = two_});
    runner_->watch(events_);
  }

  /// Starts a trial that tells its own pid and those of two processes below it: one like itself,
  /// one that has chosen the second core.
  std::vector<pid_t> start(const std::string& name) {
    runner_->launch(shell_job(
        name, concat("sleep 1000 & other=$!; taskset -c ", two_[1],
                     " sleep 1000 & echo pids $$$$ $other $!; echo threads $OMP_NUM_THREADS; "
                     "echo loss=1; wait")));
    events_.wait_for_reports(name, 1);
    std::vector<pid_t> pids(3);
    std::istringstream text(log(name));
    std::string word;
    text >> word >> pids[0] >> pids[1] >> pids[2];
    return pids;
  }
  std::string log(const std::string& trial) {
    return read_file(trial_dir(folder_.path(), "demo", trial) / "log");
  }

  TestFolder folder_;
  EventLog events_;
  std::vector<int> two_;
  std::unique_ptr<LocalRunner> runner_;
};

TEST_F(ParallelChangeTest, MovesRunningTrialsToTheirNewShare) {
  start_runner(1);
  const std::vector<pid_t> first = start("first");
  const std::vector<int> low{two_[0]};
  const std::vector<int> high{two_[1]};
  ASSERT_EQ(cores_of(first[0]), two_);
  ASSERT_TRUE(eventually([&] { return cores_of(first[2]) == high; }));

  runner_->set_parallel(2);
  EXPECT_TRUE(eventually([&] { return cores_of(first[0]) == low && cores_of(first[1]) == low; }));
  EXPECT_EQ(cores_of(first[2]), high);  // its own choice
  const std::vector<pid_t> second = start("second");
  EXPECT_EQ(cores_of(second[0]), high);
  EXPECT_THAT(log("first"), HasSubstr("threads 2\n"));
  EXPECT_THAT(log("second"), HasSubstr("threads 1\n"));

  runner_->set_parallel(1);
  for (const pid_t process : {first[0], first[1], second[0], second[1]}) {
    EXPECT_TRUE(eventually([&] { return cores_of(process) == two_; })) << process;
  }
}

TEST_F(ParallelChangeTest, FreesTheSlotsThatThereNoLongerAre) {
  start_runner(2);
  start("a");
  const std::vector<pid_t> b = start("b");
  ASSERT_EQ(cores_of(b[0]), std::vector<int>{two_[1]});
  runner_->stop("a", experiment::StopReason::kKilledByUser);
  events_.wait_for_exit("a");
  runner_->set_parallel(1);
  EXPECT_TRUE(eventually([&] { return cores_of(b[0]) == two_; }));
  runner_->set_parallel(2);  // it has moved to the first slot
  EXPECT_TRUE(eventually([&] { return cores_of(b[0]) == std::vector<int>{two_[0]}; }));
}

TEST_F(ParallelChangeTest, WantsAtLeastOneTrial) {
  start_runner(1);
  EXPECT_THROW(runner_->set_parallel(0), Error);
}

}  // namespace
}  // namespace mimar::local
