#include "local/local_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "base/error.h"
#include "local/core_division.h"
#include "tests/agent/process_watch.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using agent::eventually;
using agent::find_marked_processes;
using agent::make_marker;
using experiment::CollectorKind;
using experiment::StopReason;
using experiment::TrialExited;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// A runner with its events and its folder.
class LocalRunnerTest : public testing::Test {
 protected:
  LocalRunner& runner() {
    if (!runner_) {
      options_.state_dir = folder_.path();
      runner_ = std::make_unique<LocalRunner>(options_);
      runner_->watch(events_);
    }
    return *runner_;
  }
  TrialExited run(const experiment::TrialJob& job) {
    runner().launch(job);
    return events_.wait_for_exit(job.trial_name);
  }
  std::string log(const std::string& trial) {
    return read_file(trial_dir(folder_.path(), "demo", trial) / "log");
  }

  TestFolder folder_;
  EventLog events_;
  LocalRunnerOptions options_{.state_dir = {},
                              .restart_delay = std::chrono::milliseconds{10},
                              .on_note = [](const std::string&) {}};
  std::unique_ptr<LocalRunner> runner_;
};

TEST_F(LocalRunnerTest, TellsTheWholeStoryOfATrial) {
  const TrialExited exit = run(shell_job("t", "echo epoch 1 loss=0.5; echo accuracy=.9 >&2"));
  EXPECT_TRUE(exit.succeeded);
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_EQ(exit.stopped, std::nullopt);
  EXPECT_THAT(words(events_.wait_for_reports("t")), ElementsAre("loss@0=0.5", "accuracy@0=.9"));
  const auto story = events_.story("t");
  ASSERT_GE(story.size(), 3U);
  EXPECT_EQ(story.front(), "started");
  EXPECT_EQ(story.back(), "exited");
  EXPECT_EQ(log("t"), "epoch 1 loss=0.5\naccuracy=.9\n");
}

TEST_F(LocalRunnerTest, ReportsWhileTheTrialRuns) {
  runner().launch(shell_job("t", "echo loss=1; echo loss=2; sleep 1000"));
  EXPECT_THAT(words(events_.wait_for_reports("t", 2)), ElementsAre("loss@0=1", "loss@1=2"));
  runner().stop("t", StopReason::kEarlyStopped);
  const TrialExited exit = events_.wait_for_exit("t");
  EXPECT_EQ(exit.stopped, StopReason::kEarlyStopped);
  EXPECT_EQ(exit.signal, SIGTERM);
  EXPECT_FALSE(exit.succeeded);
}

TEST_F(LocalRunnerTest, ReadsTheMetricsPipe) {
  auto job = shell_job("t", R"(echo '{"step":3,"metrics":{"loss":0.25,"genotype":"a b"}}' )"
                            R"(>&$MIMAR_METRICS_FD; echo nonsense >&$MIMAR_METRICS_FD; echo more )"
                            R"(>&$MIMAR_METRICS_FD; echo loss=9)");
  job.collector.kind = CollectorKind::kPush;
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_THAT(words(events_.wait_for_reports("t")), ElementsAre("loss@3=0.25", "genotype@3=a b"));
  EXPECT_THAT(log("t"), HasSubstr("[mimar] a line on MIMAR_METRICS_FD cannot be read"));
  EXPECT_THAT(log("t"), HasSubstr("nonsense"));
  EXPECT_THAT(log("t"), Not(HasSubstr("more")));
}

TEST_F(LocalRunnerTest, ReadsBothForStdOut) {
  run(shell_job("t", R"(echo '{"metrics":{"loss":1}}' >&$MIMAR_METRICS_FD; echo accuracy=2)"));
  EXPECT_THAT(words(events_.wait_for_reports("t")),
              testing::UnorderedElementsAre("loss@0=1", "accuracy@0=2"));
}

TEST_F(LocalRunnerTest, ReadsNoMetricsForNone) {
  auto job = shell_job("t", R"(echo '{"metrics":{"loss":1}}' >&$MIMAR_METRICS_FD; echo loss=2)");
  job.collector.kind = CollectorKind::kNone;
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_THAT(events_.wait_for_reports("t"), IsEmpty());
}

TEST_F(LocalRunnerTest, SaysHowATrialFailed) {
  const TrialExited code =
      run(shell_job("code", "echo all well; echo 'No such module' >&2; exit 3"));
  EXPECT_EQ(code.exit_code, 3);
  EXPECT_EQ(code.message, "exit code 3; last output: No such module");
  const TrialExited signal = run(shell_job("signal", "kill -SEGV $$$$"));
  EXPECT_EQ(signal.signal, SIGSEGV);
  EXPECT_EQ(signal.exit_code, std::nullopt);
  EXPECT_EQ(signal.message, "killed by signal 11 (SIGSEGV)");
}

TEST_F(LocalRunnerTest, SaysWhyACommandDoesNotStart) {
  const TrialExited missing = run(make_job("missing", {"no-such-program", "x"}));
  EXPECT_FALSE(missing.succeeded);
  EXPECT_EQ(missing.exit_code, std::nullopt);
  EXPECT_EQ(missing.message, "cannot start \"no-such-program\": No such file or directory");
  EXPECT_THAT(events_.story("missing"), ElementsAre("exited"));
  EXPECT_EQ(run(make_job("directory", {"/etc"})).message,
            "cannot start \"/etc\": Permission denied");
  auto elsewhere = shell_job("elsewhere", "exit 0");
  elsewhere.object["spec"]["template"]["spec"]["containers"][0]["workingDir"] = "/nonexistent";
  EXPECT_EQ(run(elsewhere).message,
            "cannot enter the working directory \"/nonexistent\": No such file or directory");
}

TEST_F(LocalRunnerTest, GivesTheEnvironment) {
  auto job = shell_job("t",
                       "echo $MIMAR_TRIAL $KATIB_TRIAL_NAME $MIMAR_EXPERIMENT $OWN $(OWN) "
                       "'$$(OWN)' '$(NONE)'; test -d $MIMAR_TRIAL_DIR && pwd");
  add_env(job, "OWN", "mine-$(KATIB_TRIAL_NAME)");
  job.object["spec"]["template"]["spec"]["containers"][0]["workingDir"] = "/usr";
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_THAT(log("t"), HasSubstr("\n/usr\n"));
  EXPECT_THAT(log("t"), StartsWith("t t demo mine-t mine-t $(OWN) $(NONE)\n"));
}

TEST_F(LocalRunnerTest, FindsMimarsOwnProgramsFirst) {
  const std::filesystem::path program = folder_.path() / "bin" / "mimar-own";
  std::filesystem::create_directories(program.parent_path());
  std::ofstream(program) << "#!/bin/sh\necho found $1\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  options_.program_dir = program.parent_path();
  EXPECT_TRUE(run(make_job("exec", {"mimar-own", "directly"})).succeeded);
  EXPECT_EQ(log("exec"), "found directly\n");
  EXPECT_TRUE(run(shell_job("shell", "mimar-own by the shell")).succeeded);
  EXPECT_EQ(log("shell"), "found by\n");
}

TEST_F(LocalRunnerTest, DividesTheCores) {
  options_.parallel = 2;
  options_.cpus = find_cores().cpus;
  if (options_.cpus.size() < 2) GTEST_SKIP() << "needs two cores";
  options_.cpus.resize(2);
  const std::string script =
      "grep Cpus_allowed_list /proc/self/status; echo threads $OMP_NUM_THREADS "
      "$OPENBLAS_NUM_THREADS $MKL_NUM_THREADS; echo loss=1; sleep 1000";
  for (const std::string trial : {"a", "b"}) {
    runner().launch(shell_job(trial, script));
    events_.wait_for_reports(trial, 1);
  }
  const std::vector<int>& cpus = options_.cpus;
  EXPECT_THAT(log("a"), HasSubstr(concat("list:\t", cpus.front(), "\nthreads 1 1 1")));
  EXPECT_THAT(log("b"), HasSubstr(concat("list:\t", cpus.back(), "\nthreads 1 1 1")));
  runner().stop("a", StopReason::kStoppedByUser);
  events_.wait_for_exit("a");
  auto third = shell_job("c", script);
  add_env(third, "OMP_NUM_THREADS", "7");
  runner().launch(third);
  events_.wait_for_reports("c", 1);
  EXPECT_THAT(log("c"), HasSubstr(concat("list:\t", cpus.front(), "\nthreads 7 1 1")));
}

TEST_F(LocalRunnerTest, GivesAllCoresToATrialThatSharesThemWithNone) {
  options_.parallel = 4;
  auto job = shell_job("t", "echo threads $OMP_NUM_THREADS");
  job.sharers = 1;
  run(job);
  EXPECT_EQ(log("t"), concat("threads ", CoreDivision(find_cores(), 1).share(0).threads, "\n"));
}

TEST_F(LocalRunnerTest, KeepsTrialsWaitingThatNeedMoreCores) {
  options_.parallel = 4;
  options_.cpus = {0};
  auto first = shell_job("a", "sleep 1000");
  auto second = shell_job("b", "exit 0");
  auto third = shell_job("c", "exit 0");
  for (auto* job : {&first, &second, &third}) job->local.cpus = 1.0;
  runner().launch(first);
  runner().launch(second);
  runner().launch(third);
  events_.wait_for_start("a");
  runner().stop("c", StopReason::kExperimentDone);
  EXPECT_EQ(events_.wait_for_exit("c").stopped, StopReason::kExperimentDone);
  EXPECT_THAT(events_.story("b"), IsEmpty());
  runner().stop("a", StopReason::kStoppedByUser);
  EXPECT_TRUE(events_.wait_for_exit("b").succeeded);
}

TEST_F(LocalRunnerTest, LaunchesATrialOnce) {
  const std::string file = (folder_.path() / "runs").string();
  const auto job = shell_job("t", "echo run >> " + file);
  runner().launch(job);
  runner().launch(job);
  events_.wait_for_exit("t");
  runner().launch(job);
  run(shell_job("last", "exit 0"));
  EXPECT_EQ(read_file(file), "run\n");
}

TEST_F(LocalRunnerTest, StartsAJobAgainUpToItsBackoffLimit) {
  const std::string file = (folder_.path() / "runs").string();
  auto job = shell_job("t", "echo run >> " + file + "; test $(wc -l < " + file + ") = 3");
  job.object["spec"]["backoffLimit"] = 5;
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_EQ(read_file(file), "run\nrun\nrun\n");
  EXPECT_THAT(events_.story("t"), ElementsAre("started", "exited"));
  EXPECT_THAT(log("t"), HasSubstr("attempt 3 of 6"));
  auto hopeless = shell_job("hopeless", "echo again; exit 1");
  hopeless.object["spec"]["backoffLimit"] = 1;
  EXPECT_EQ(run(hopeless).exit_code, 1);
}

TEST_F(LocalRunnerTest, KeepsTheJobsDeadline) {
  auto job = shell_job("t", "sleep 1000");
  job.object["spec"]["activeDeadlineSeconds"] = 1;
  EXPECT_EQ(run(job).stopped, StopReason::kTimeout);
}

TEST_F(LocalRunnerTest, AppendsToTheLogOfAnEarlierRun) {
  run(shell_job("t", "printf first"));
  runner_.reset();
  EventLog events;
  LocalRunner again(options_);
  again.watch(events);
  again.launch(shell_job("t", "echo second"));
  events.wait_for_exit("t");
  EXPECT_THAT(log("t"), testing::MatchesRegex("first\n\\[mimar\\] runs again at [^\n]*\nsecond\n"));
}

TEST_F(LocalRunnerTest, ReadsAFloodOfAnyBytes) {
  const std::string script =
      "head -c 3000000 /dev/urandom; echo; head -c 2000000 /dev/zero | tr '\\0' x; echo; "
      "echo loss=0.5; head -c 300000 /dev/zero | tr '\\0' y >&$MIMAR_METRICS_FD";
  EXPECT_TRUE(run(shell_job("t", script)).succeeded);
  const auto reported = words(events_.wait_for_reports("t", 1));
  EXPECT_EQ(reported.back(), "loss@0=0.5");
  EXPECT_GE(std::filesystem::file_size(trial_dir(folder_.path(), "demo", "t") / "log"), 5'000'000U);
}

TEST_F(LocalRunnerTest, RejectsWhatItCannotRun) {
  const auto code_of = [&](const experiment::TrialJob& job) -> std::optional<ErrorCode> {
    try {
      runner().launch(job);
      return std::nullopt;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(),
                  testing::AnyOf(HasSubstr("are Job and PyTorchJob"), HasSubstr("metricsFormat")));
      return error.code();
    }
  };
  auto distributed = make_job("t", {"true"});
  distributed.object = Json::parse(R"({"kind":"MPIJob","spec":{"mpiReplicaSpecs":{}}})");
  EXPECT_EQ(code_of(distributed), ErrorCode::kFailedPrecondition);
  auto filter = make_job("t", {"true"});
  filter.collector.filters = {"("};
  EXPECT_EQ(code_of(filter), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(run(make_job("t", {"true"})).succeeded);  // none of these counts as launched
}

TEST_F(LocalRunnerTest, TellsAnImageThatIsNotMappedOnce) {
  std::vector<std::string> notes;
  options_.on_note = [&](const std::string& note) { notes.push_back(note); };
  for (const std::string trial : {"a", "b"}) {
    auto job = make_job(trial, {"true"});
    job.object["spec"]["template"]["spec"]["containers"][0]["image"] = "busybox";
    EXPECT_TRUE(run(job).succeeded);
  }
  runner_.reset();
  EXPECT_THAT(notes, ElementsAre(HasSubstr("\"busybox\"")));
}

TEST_F(LocalRunnerTest, FollowsTheTemplatesConditions) {
  auto inverted = make_job("inverted", {"false"});
  inverted.success_condition = R"(status.conditions.#(reason=="BackoffLimitExceeded")#)";
  inverted.failure_condition = R"(status.conditions.#(type=="Complete")#)";
  EXPECT_TRUE(run(inverted).succeeded);
  inverted.trial_name = "again";
  inverted.object["spec"]["template"]["spec"]["containers"][0]["command"] = {"true"};
  const TrialExited again = run(inverted);
  EXPECT_FALSE(again.succeeded);
  EXPECT_EQ(again.message, "CompletionsReached: Reached expected number of succeeded pods");
  auto never = make_job("never", {"true"});
  never.success_condition = "status.nothing";
  never.failure_condition = "status.nothing";
  EXPECT_THAT(run(never).message, StartsWith("the job has succeeded, but neither"));
  // A condition that holds while the command runs ends the trial.
  auto early = shell_job("early", "sleep 1000");
  early.success_condition = "status.[@this].#(active==1)";
  EXPECT_TRUE(run(early).succeeded);
}

TEST(RunnerLog, IsKnownByItsName) {
  for (const char* name : {"log", "worker-0.log", "master-0.log", "worker-12.log"}) {
    EXPECT_TRUE(is_runner_log(std::filesystem::path("/trials/t") / name)) << name;
  }
  for (const char* name : {"m.log", "worker-.log", "worker-x.log", "worker-0", "worker-0.txt"}) {
    EXPECT_FALSE(is_runner_log(std::filesystem::path("/trials/t") / name)) << name;
  }
}

TEST_F(LocalRunnerTest, KeepsEventsUntilSomeoneWatches) {
  options_.state_dir = folder_.path();
  EventLog late;
  LocalRunner early(options_);
  early.launch(make_job("t", {"true"}));
  EXPECT_TRUE(eventually(
      [&] { return std::filesystem::exists(trial_dir(folder_.path(), "demo", "t") / "log"); }));
  early.watch(late);
  EXPECT_TRUE(late.wait_for_exit("t").succeeded);
  EXPECT_THAT(late.story("t"), ElementsAre("started", "exited"));
}

TEST_F(LocalRunnerTest, LeavesASinkAloneThatWasReplaced) {
  runner().launch(shell_job("t", "while :; do echo loss=1; done"));
  events_.wait_for_reports("t", 1);
  for (int i = 0; i < 50; ++i) {  // a call to a sink that is gone would be found by sanitizers
    const auto passing = std::make_unique<EventLog>();
    runner().watch(*passing);
    passing->wait_for_reports("t", 1);
    runner().watch(events_);
  }
}

TEST_F(LocalRunnerTest, RunsManyTrialsAtOnce) {
  options_.parallel = 16;
  for (int i = 0; i < 300; ++i) {
    runner().launch(shell_job(concat("t", i), concat("echo loss=", i)));
  }
  for (int i = 0; i < 300; ++i) {
    const std::string name = concat("t", i);
    EXPECT_TRUE(events_.wait_for_exit(name).succeeded);
    EXPECT_THAT(words(events_.wait_for_reports(name)), ElementsAre(concat("loss@0=", i)));
  }
}

}  // namespace
}  // namespace mimar::local
