// The client side of the fork server, against a small server in Python that speaks its protocol.

#include "local/fork_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>

#include "agent/process_tree.h"
#include "base/error.h"
#include "local/core_division.h"
#include "local/local_runner.h"
#include "tests/agent/process_watch.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using agent::eventually;
using agent::find_marked_processes;
using agent::make_marker;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A runner whose mimar-train is the fake one.
class ForkServerTest : public testing::Test {
 protected:
  ForkServerTest() {
    const auto program = folder_.path() / "bin" / "mimar-train";
    std::filesystem::create_directories(program.parent_path());
    std::filesystem::copy_file(
        std::filesystem::path(MIMAR_SOURCE_DIR) / "tests/local/fake_fork_server.py", program);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    ::unsetenv("FAKE_SERVER");
  }
  ~ForkServerTest() override { ::unsetenv("FAKE_SERVER"); }

  LocalRunner& runner() {
    if (!runner_) {
      runner_ = std::make_unique<LocalRunner>(LocalRunnerOptions{
          .state_dir = folder_.path(),
          .parallel = 2,
          .program_dir = folder_.path() / "bin",
          .on_note = [this](const std::string& note) { notes_.push_back(note); }});
      runner_->watch(events_);
    }
    return *runner_;
  }
  experiment::TrialExited run(const experiment::TrialJob& job) {
    runner().launch(job);
    return events_.wait_for_exit(job.trial_name);
  }
  std::string log(const std::string& trial) {
    return read_file(trial_dir(folder_.path(), "demo", trial) / "log");
  }

  TestFolder folder_;
  EventLog events_;
  std::vector<std::string> notes_;  // written by the runner's thread; read when it is gone
  std::unique_ptr<LocalRunner> runner_;
};

experiment::TrialJob train_job(const std::string& trial, const std::string& script) {
  return make_job(trial, {"mimar-train", "fit", script});
}

TEST_F(ForkServerTest, RunsTrialsLikeExec) {
  auto job = train_job("t",
                       "echo $BY $OWN $MIMAR_TRIAL; pwd; echo loss=0.5; "
                       "echo '{\"metrics\":{\"accuracy\":1}}' >&$MIMAR_METRICS_FD; exit 3");
  add_env(job, "OWN", "mine");
  job.object["spec"]["template"]["spec"]["containers"][0]["workingDir"] = "/usr";
  const auto exit = run(job);
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_THAT(log("t"), HasSubstr("fork mine t\n/usr\nloss=0.5\n"));
  EXPECT_THAT(words(events_.wait_for_reports("t")),
              testing::UnorderedElementsAre("loss@0=0.5", "accuracy@0=1"));
  EXPECT_EQ(events_.story("t").front(), "started");
  EXPECT_EQ(events_.story("t").back(), "exited");
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(run(train_job(concat("more", i), "echo loss=1")).succeeded);
  }
}

TEST_F(ForkServerTest, BindsTrialsToTheirCores) {
  for (const std::string trial : {"a", "b"}) {
    runner().launch(train_job(trial,
                              "grep Cpus_allowed_list /proc/self/status; "
                              "echo threads $OMP_NUM_THREADS; echo loss=1; sleep 1000"));
    events_.wait_for_reports(trial, 1);
  }
  const CoreDivision division(find_cores(), 2);
  for (const int slot : {0, 1}) {
    const CoreShare share = division.share(slot);
    const std::string text = log(slot == 0 ? "a" : "b");
    EXPECT_THAT(text, HasSubstr(concat("threads ", share.threads, "\n")));
    if (share.cpus.size() != 1) continue;
    EXPECT_THAT(text, HasSubstr(concat("list:\t", share.cpus.front())));
  }
}

TEST_F(ForkServerTest, StopsTrialsThatAreDeafToSigterm) {
  const std::string marker = make_marker();
  auto job = train_job("t", "trap '' TERM; echo loss=1; sleep 1000; sleep 1000");
  add_env(job, "MARKER", marker);
  runner().launch(job);
  events_.wait_for_reports("t", 1);
  runner().stop("t", experiment::StopReason::kTimeout);
  const auto exit = events_.wait_for_exit("t");
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_EQ(exit.stopped, experiment::StopReason::kTimeout);
  EXPECT_TRUE(eventually([&] { return find_marked_processes(marker).empty(); }));
}

TEST_F(ForkServerTest, GoesOnWithoutAServerThatDoesNotStart) {
  ::setenv("FAKE_SERVER", "broken", 1);
  for (const std::string trial : {"a", "b"}) {
    EXPECT_TRUE(run(train_job(trial, "echo $BY; echo loss=1")).succeeded);
    EXPECT_EQ(log(trial), "exec\nloss=1\n");
  }
  runner_.reset();
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("fork server does not start")));
  EXPECT_THAT(read_file(folder_.path() / "fork-server.log"), HasSubstr("has no fork server"));
}

TEST_F(ForkServerTest, RunsByExecWhatTheServerRefuses) {
  ::setenv("FAKE_SERVER", "refusing", 1);
  EXPECT_TRUE(run(train_job("t", "echo $BY")).succeeded);
  EXPECT_EQ(log("t"), "exec\n");
}

TEST_F(ForkServerTest, RunsByExecWhatIsNotMeantForIt) {
  EXPECT_TRUE(run(shell_job("shell", "mimar-train fit 'echo $BY'")).succeeded);
  EXPECT_EQ(log("shell"), "exec\n");
  auto large = train_job("large", "echo $BY");  // larger than a packet may be
  for (int i = 0; i < 5; ++i) {
    large.object["spec"]["template"]["spec"]["containers"][0]["command"].push_back(
        std::string(100'000, 'x'));
  }
  EXPECT_TRUE(run(large).succeeded);
  EXPECT_EQ(log("large"), "exec\n");
}

/// The PID of the fork server below us.
pid_t find_server() {
  for (const pid_t pid : agent::find_descendants(::getpid())) {
    const std::string line = read_file(concat("/proc/", pid, "/cmdline"));
    if (line.find("--fork-server=") != std::string::npos) return pid;
  }
  return 0;
}

TEST_F(ForkServerTest, StartsANewServerWhenOneWasKilled) {
  const std::string marker = make_marker();
  auto job = train_job("t", "setsid sleep 1000 & echo loss=1; sleep 1000");
  add_env(job, "MARKER", marker);
  runner().launch(job);
  events_.wait_for_reports("t", 1);
  const pid_t server = find_server();
  ASSERT_GT(server, 0);
  ::kill(server, SIGKILL);
  const auto exit = events_.wait_for_exit("t");
  EXPECT_FALSE(exit.succeeded);
  EXPECT_THAT(exit.message, HasSubstr("fork server was killed"));
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
  EXPECT_TRUE(run(train_job("next", "echo $BY")).succeeded);
  EXPECT_EQ(log("next"), "fork\n");
}

TEST_F(ForkServerTest, LeavesNothingBehindWhenTheEngineIsKilled) {
  const std::string marker = make_marker();
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t engine = ::fork();
  if (engine == 0) {
    ::setenv("MARKER", marker.c_str(), 1);
    runner().launch(train_job("t", "trap '' TERM; setsid sleep 1000 & echo loss=1; sleep 1000"));
    events_.wait_for_reports("t", 1);
    if (::write(ends[1], "r", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char ready = 0;
  ASSERT_EQ(::read(ends[0], &ready, 1), 1);
  // The server, the trial and its two children.
  EXPECT_TRUE(eventually([&] { return find_marked_processes(marker).size() >= 4; }));
  ::kill(engine, SIGKILL);
  ::waitpid(engine, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return find_marked_processes(marker).empty(); }));
}

TEST_F(ForkServerTest, EndsWithTheRunner) {
  const std::string marker = make_marker();
  ::setenv("MARKER", marker.c_str(), 1);
  runner().launch(train_job("t", "echo loss=1; sleep 1000"));
  events_.wait_for_reports("t", 1);
  ::unsetenv("MARKER");
  runner_.reset();
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
}

}  // namespace
}  // namespace mimar::local
