// Nothing outlives the experiment, whatever kills it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "agent/process_tree.h"
#include "base/error.h"
#include "base/rng.h"
#include "local/local_runner.h"
#include "tests/agent/process_watch.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using agent::eventually;
using agent::find_marked_processes;
using agent::make_marker;
using testing::IsEmpty;

/// A trial that is hard to get rid of: children in sessions of their own, a daemon forked twice,
/// deaf to SIGTERM.
experiment::TrialJob stubborn_job(const std::string& trial, const std::string& marker) {
  auto job =
      shell_job(trial,
                "trap '' TERM HUP INT; setsid sleep 1000 & (setsid sh -c 'sleep 1000 & exit' &);"
                "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & sleep 0.05;"
                "echo loss=1; sleep 1000");
  add_env(job, "MARKER", marker);
  return job;
}

bool all_gone(const std::string& marker) {
  return eventually([&] { return find_marked_processes(marker).empty(); });
}

LocalRunnerOptions options_in(const TestFolder& folder) {
  return {.state_dir = folder.path(), .parallel = 3, .on_note = [](const std::string&) {}};
}

/// A process that runs two stubborn trials, as the engine would, and waits to be killed.
pid_t fork_engine(const TestFolder& folder, const std::string& marker) {
  std::array<int, 2> ends{};
  check(::pipe(ends.data()) == 0, "a pipe can be made");
  const pid_t pid = ::fork();
  if (pid == 0) {
    EventLog events;
    LocalRunner runner(options_in(folder));
    runner.watch(events);
    for (const std::string trial : {"a", "b"}) runner.launch(stubborn_job(trial, marker));
    for (const std::string trial : {"a", "b"}) events.wait_for_reports(trial, 1);
    if (::write(ends[1], "r", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char ready = 0;
  EXPECT_EQ(::read(ends[0], &ready, 1), 1);
  ::close(ends[0]);
  ::close(ends[1]);
  return pid;
}

void kill_and_reap(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST(RunnerDeath, LeavesNothingBehindWhenTheEngineIsKilled) {
  const TestFolder folder;
  const std::string marker = make_marker();
  const pid_t engine = fork_engine(folder, marker);
  EXPECT_GE(find_marked_processes(marker).size(), 8U);
  kill_and_reap(engine);
  EXPECT_TRUE(all_gone(marker));
}

TEST(RunnerDeath, LeavesNothingBehindAtAnyMoment) {
  // The kill falls into the starting of trials, for most of these waits.
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const TestFolder folder;
    const std::string marker = make_marker();
    const pid_t engine = ::fork();
    if (engine == 0) {
      LocalRunner runner(options_in(folder));
      for (int i = 0; i < 50; ++i) runner.launch(stubborn_job(concat("t", i), marker));
      while (true) ::pause();
    }
    ::usleep(static_cast<useconds_t>(Rng(seed).index(60'000)));
    kill_and_reap(engine);
    // The spawner may still be about to start what was sent to it, so look twice.
    EXPECT_TRUE(eventually([&] {
      if (!find_marked_processes(marker).empty()) return false;
      ::usleep(50'000);
      return find_marked_processes(marker).empty();
    }));
  }
}

TEST(RunnerDeath, LeavesNothingBehindWhenTheProcessesAboveTrialsAreSignalled) {
  const TestFolder folder;
  const std::string marker = make_marker();
  const pid_t engine = fork_engine(folder, marker);
  const auto marked = find_marked_processes(marker);
  for (const pid_t pid : agent::find_descendants(engine)) {
    // What carries no marker is the spawner and the guardians: they stay at their posts.
    if (std::find(marked.begin(), marked.end(), pid) != marked.end()) continue;
    ::kill(pid, SIGTERM);
    ::kill(pid, SIGINT);
  }
  kill_and_reap(engine);
  EXPECT_TRUE(all_gone(marker));
}

/// Our only child, but for what it has started; it may have been killed before and not replaced
/// yet.
void kill_spawner() {
  const std::vector<pid_t> below = agent::find_descendants(::getpid());
  if (!below.empty()) ::kill(below.front(), SIGKILL);
}

TEST(RunnerDeath, GoesOnWithANewSpawnerAFewTimes) {
  const TestFolder folder;
  const std::string marker = make_marker();
  EventLog events;
  {
    LocalRunner runner(options_in(folder));
    runner.watch(events);
    runner.launch(stubborn_job("t", marker));
    events.wait_for_reports("t", 1);
    for (int i = 0; i < 3; ++i) {
      kill_spawner();
      runner.launch(shell_job(concat("after", i), "exit 0"));
      EXPECT_TRUE(events.wait_for_exit(concat("after", i)).succeeded);
    }
    EXPECT_TRUE(eventually([&] {
      kill_spawner();
      try {
        static int count = 0;
        runner.launch(shell_job(concat("next", count++), "exit 0"));
        return false;
      } catch (const Error& error) {
        return error.code() == ErrorCode::kUnavailable;
      }
    }));
    EXPECT_EQ(events.story("t").back(), "reported");  // the trial goes on under its guardian
    runner.stop("t", experiment::StopReason::kStoppedByUser);
    EXPECT_EQ(events.wait_for_exit("t").stopped, experiment::StopReason::kStoppedByUser);
  }
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
}

TEST(RunnerDeath, EndsAllWithTheRunner) {
  const TestFolder folder;
  const std::string marker = make_marker();
  EventLog events;
  {
    LocalRunner runner(options_in(folder));
    runner.watch(events);
    runner.launch(stubborn_job("t", marker));
    events.wait_for_reports("t", 1);
  }
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
  EXPECT_EQ(events.story("t").back(), "reported");
}

TEST(RunnerDeath, EndsWhatATrialLeavesBehind) {
  const TestFolder folder;
  const std::string marker = make_marker();
  EventLog events;
  LocalRunner runner(options_in(folder));
  runner.watch(events);
  auto job =
      shell_job("t", "sleep 1000 & (setsid sh -c 'sleep 1000 & exit' &); sleep 0.05; exit 0");
  add_env(job, "MARKER", marker);
  runner.launch(job);
  EXPECT_TRUE(events.wait_for_exit("t").succeeded);
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
}

TEST(RunnerDeath, StopsATreeThatIsDeafToSigterm) {
  const TestFolder folder;
  const std::string marker = make_marker();
  EventLog events;
  LocalRunner runner(options_in(folder));
  runner.watch(events);
  runner.launch(stubborn_job("t", marker));
  events.wait_for_reports("t", 1);
  runner.stop("t", experiment::StopReason::kStalled);
  const auto exit = events.wait_for_exit("t");
  EXPECT_EQ(exit.stopped, experiment::StopReason::kStalled);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
}

}  // namespace
}  // namespace mimar::local
