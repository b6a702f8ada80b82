// PyTorchJobs as processes: who runs, with what, and how the job ends when a rank does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "agent/isolation.h"
#include "base/error.h"
#include "local/core_division.h"
#include "local/local_runner.h"
#include "tests/agent/process_watch.h"
#include "tests/local/runner_test_support.h"

namespace mimar::local {
namespace {

using agent::eventually;
using experiment::StopReason;
using experiment::TrialExited;
using experiment::TrialJob;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Scripts {
  std::string master = "sleep 1000";
  std::string worker = "sleep 1000";
};

/// A PyTorchJob with one master and `workers` workers, shell scripts all.
TrialJob pytorch_job(const std::string& trial, const Scripts& scripts, const std::string& policy,
                     int workers = 1) {
  TrialJob job = make_job(trial, {"true"});
  job.primary_container_name = "pytorch";
  job.object = Json::parse(R"({"apiVersion":"kubeflow.org/v1","kind":"PyTorchJob","spec":{
      "pytorchReplicaSpecs":{"Master":{"replicas":1},"Worker":{}}}})");
  job.object["metadata"]["name"] = trial;
  Json& replicas = job.object["spec"]["pytorchReplicaSpecs"];
  replicas["Worker"]["replicas"] = workers;
  for (const auto& [type, script] :
       {std::pair("Master", &scripts.master), std::pair("Worker", &scripts.worker)}) {
    if (!policy.empty()) replicas[type]["restartPolicy"] = policy;
    replicas[type]["template"]["spec"]["containers"] = Json::array(
        {{{"name", "pytorch"}, {"env", Json::array()}, {"command", {"sh", "-c", *script}}}});
  }
  return job;
}

class PyTorchJobTest : public testing::Test {
 protected:
  LocalRunner& runner() {
    if (!runner_) {
      options_.state_dir = folder_.path() / "state";
      runner_ = std::make_unique<LocalRunner>(options_);
      runner_->watch(events_);
    }
    return *runner_;
  }
  TrialExited run(const TrialJob& job) {
    runner().launch(job);
    return events_.wait_for_exit(job.trial_name);
  }
  std::string log(const std::string& trial, const std::string& name = "log") {
    return read_file(trial_dir(options_.state_dir, "demo", trial) / name);
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  /// The pid that a script has written with `echo $$ > FILE`.
  pid_t pid_in(const std::string& path) {
    pid_t pid = 0;
    EXPECT_TRUE(eventually([&] {
      const std::string text = read_file(path);
      if (!text.ends_with('\n')) return false;
      pid = std::stoi(text);
      return true;
    }));
    return pid;
  }

  TestFolder folder_;
  EventLog events_;
  std::vector<std::string> notes_;  // written by the runner's thread; read when it is gone
  LocalRunnerOptions options_{
      .state_dir = {},
      .parallel = 2,
      .restart_delay = std::chrono::milliseconds{10},
      .on_note = [this](const std::string& note) { notes_.push_back(note); }};
  std::unique_ptr<LocalRunner> runner_;
};

TEST_F(PyTorchJobTest, RunsEveryReplicaWithItsRankAndItsLog) {
  const std::string script =
      "echo rank $RANK of $WORLD_SIZE at $MASTER_ADDR:$(MASTER_PORT) node $PET_NODE_RANK of "
      "$PET_NNODES, $PYTHONUNBUFFERED; echo loss=$RANK";
  const TrialExited exit =
      run(pytorch_job("t",
                      {.master = script + "; while ! grep -q loss $MIMAR_TRIAL_DIR/worker-0.log"
                                          " || ! grep -q loss $MIMAR_TRIAL_DIR/worker-1.log; do "
                                          "sleep 0.02; done",
                       .worker = script},
                      "Never", 2));
  EXPECT_TRUE(exit.succeeded) << exit.message;
  EXPECT_EQ(exit.message, "exit code 0");
  EXPECT_THAT(log("t"), HasSubstr("rank 0 of 3 at 127.0.0.1:"));
  EXPECT_THAT(log("t"), HasSubstr(" node 0 of 3, 1\n"));
  EXPECT_THAT(log("t", "worker-0.log"), HasSubstr("rank 1 of 3 at 127.0.0.1:"));
  EXPECT_THAT(log("t", "worker-1.log"), HasSubstr("rank 2 of 3 at 127.0.0.1:"));
  // Metrics are the master's.
  EXPECT_THAT(words(events_.wait_for_reports("t")), ElementsAre("loss@0=0"));
  EXPECT_EQ(events_.story("t").front(), "started");
}

TEST_F(PyTorchJobTest, MeetsAtAPortOfItsOwn) {
  const std::string python = file("meet.py");
  std::ofstream(python) << R"py(
import os, socket, time
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if os.environ["RANK"] == "0":
    server = socket.create_server(address)
    heard = sorted(server.accept()[0].makefile().readline().strip() for _ in range(2))
    print("loss=" + "".join(heard))
else:
    while True:
        try:
            with socket.create_connection(address) as s:
                s.sendall((os.environ["MIMAR_TRIAL"] + os.environ["RANK"] + "\n").encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.02)
)py";
  const std::string script = "exec python3 " + python;
  for (const std::string trial : {"7", "8"}) {
    runner().launch(pytorch_job(trial, {.master = script, .worker = script}, "Never", 2));
  }
  for (const std::string trial : {"7", "8"}) {
    const TrialExited exit = events_.wait_for_exit(trial);
    EXPECT_TRUE(exit.succeeded) << exit.message;
    EXPECT_THAT(words(events_.wait_for_reports(trial)),
                ElementsAre(concat("loss@0=", trial, 1, trial, 2)));
  }
}

/// Every rank serves a page on the same port; the workers ask the master's under its address and
/// their own under the name of their pod. Worker 0 fails once and has to find its place again.
constexpr const char* kServeAndMeet = R"py(
import http.server, os, socket, sys, threading, time, urllib.request
rank, trial, folder = os.environ["RANK"], os.environ["MIMAR_TRIAL"], sys.argv[1]
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"loss {trial}.{rank}\n".encode())
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("", 18081), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
def page_of(host):
    while True:
        try:
            return urllib.request.urlopen(f"http://{host}:18081/", timeout=5).read().decode().split()[1]
        except OSError:
            time.sleep(0.02)
if rank == "0":
    done = [f"{folder}/{trial}.{worker}" for worker in (1, 2)]
    while not all(map(os.path.exists, done)):
        time.sleep(0.02)
    time.sleep(1.2)  # the page is read twice a second
else:
    assert socket.gethostname() == os.environ["HOSTNAME"] == f"{trial}-worker-{int(rank) - 1}"
    assert page_of(os.environ["MASTER_ADDR"]) == f"{trial}.0"
    assert page_of(socket.gethostname()) == f"{trial}.{rank}"
    if rank == "1" and not os.path.exists(f"{folder}/{trial}.failed"):
        open(f"{folder}/{trial}.failed", "w").close()
        sys.exit(1)
    open(f"{folder}/{trial}.{rank}", "w").close()
)py";

TEST_F(PyTorchJobTest, GivesReplicasThatServeOnePortANetworkInCommon) {
  if (!agent::can_link_replicas()) GTEST_SKIP() << "needs bridges and links between namespaces";
  const std::string program = file("serve.py");
  std::ofstream(program) << kServeAndMeet;
  const std::string script = concat("exec python3 ", program, " ", folder_.path().string());
  for (const std::string trial : {"7", "8"}) {
    TrialJob job = pytorch_job(trial, {.master = script, .worker = script}, "OnFailure", 2);
    job.collector.kind = experiment::CollectorKind::kPrometheusMetric;
    job.collector.source = Json::parse(R"({"httpGet":{"port":18081}})");
    runner().launch(job);
  }
  for (const std::string trial : {"7", "8"}) {
    const TrialExited exit = events_.wait_for_exit(trial);
    EXPECT_TRUE(exit.succeeded) << exit.message << log(trial) << log(trial, "worker-0.log")
                                << log(trial, "worker-1.log");
    EXPECT_THAT(words(events_.wait_for_reports(trial)), ElementsAre("loss@0=" + trial + ".0"));
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / (trial + ".failed")));
  }
  runner_.reset();
  EXPECT_THAT(notes_,
              testing::Contains(HasSubstr("replicas of a trial have a network of their own")));
}

TEST_F(PyTorchJobTest, RunsOneAtATimeWhereReplicasCannotBeLinked) {
  options_.namespaces = false;
  const std::string script = concat("echo here >> ", file("runs"), "; [ $RANK = 1 ] || sleep 0.3");
  for (const std::string trial : {"7", "8"}) {
    TrialJob job = pytorch_job(trial, {.master = script, .worker = script}, "Never");
    job.collector.kind = experiment::CollectorKind::kPrometheusMetric;
    job.collector.source = Json::parse(R"({"httpGet":{"port":18081}})");
    runner().launch(job);
  }
  EXPECT_TRUE(events_.wait_for_exit("7").succeeded);
  EXPECT_TRUE(events_.wait_for_exit("8").succeeded);
  runner_.reset();
  EXPECT_THAT(notes_, testing::Contains(HasSubstr("trials run one at a time")));
}

TEST_F(PyTorchJobTest, FailsWhenARankIsKilledUnderNever) {
  const std::string marker = agent::make_marker();
  auto job = pytorch_job("t", {.worker = "echo here; echo $$$$ > " + file("pid") + "; sleep 1000"},
                         "Never");
  job.object["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]["env"]
      .push_back({{"name", "MARKER"}, {"value", marker}});
  runner().launch(job);
  ::kill(pid_in(file("pid")), SIGKILL);
  const TrialExited exit = events_.wait_for_exit("t");
  EXPECT_FALSE(exit.succeeded);
  EXPECT_EQ(exit.message, "worker-0: killed by signal 9 (SIGKILL); last output: here");
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_THAT(agent::find_marked_processes(marker), IsEmpty());  // Katib deletes the job
}

/// The worker runs until it is killed, and then once more; the master waits for that.
Scripts killed_once(const std::string& pid, const std::string& runs) {
  return {.master = "while test \"$(cat " + runs + " 2>/dev/null)\" != 11; do sleep 0.02; done",
          .worker = "printf 1 >> " + runs + "; echo $$$$ > " + pid + "; sleep 1000"};
}

TEST_F(PyTorchJobTest, StartsAKilledRankAgainUnderOnFailureAlwaysAndExitCode) {
  for (const std::string policy : {"OnFailure", "Always", "ExitCode", ""}) {
    SCOPED_TRACE(policy);
    const std::string pid = file("pid" + policy);
    Scripts scripts = killed_once(pid, file("runs" + policy));
    if (policy == "Always") scripts.master += "; exec sleep 1000";  // such a master never succeeds
    const std::string name = "t" + policy;
    runner().launch(pytorch_job(name, scripts, policy));
    ::kill(pid_in(pid), SIGKILL);
    if (policy == "Always") {
      EXPECT_TRUE(eventually([&] { return read_file(file("runsAlways")) == "11"; }));
      runner().stop(name, StopReason::kEarlyStopped);
    }
    const TrialExited exit = events_.wait_for_exit(name);
    EXPECT_EQ(exit.succeeded, policy != "Always") << exit.message;
    EXPECT_THAT(log(name, "worker-0.log"),
                HasSubstr(concat("[mimar] killed by signal 9 (SIGKILL); restartPolicy ",
                                 policy.empty() ? "OnFailure" : policy, ": attempt 2 starts")));
  }
}

TEST_F(PyTorchJobTest, TellsPermanentExitCodesFromOthers) {
  const TrialExited exit = run(pytorch_job("t", {.worker = "exit 3"}, "ExitCode"));
  EXPECT_EQ(exit.message, "worker-0: exit code 3");
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_THAT(log("t"), HasSubstr("[mimar] worker-0: exit code 3"));
  EXPECT_THAT(log("t", "worker-0.log"), HasSubstr("[mimar] worker-0: exit code 3"));
}

TEST_F(PyTorchJobTest, FailsAtTheBackoffLimit) {
  auto job = pytorch_job("t", {.worker = "printf 1 >> " + file("runs") + "; exit 2"}, "OnFailure");
  job.object["spec"]["runPolicy"]["backoffLimit"] = 3;
  const TrialExited exit = run(job);
  EXPECT_FALSE(exit.succeeded);
  EXPECT_EQ(exit.message,
            "worker-0: exit code 2; Job t has failed because it has reached the specified backoff "
            "limit");
  EXPECT_EQ(read_file(file("runs")), "111");
}

TEST_F(PyTorchJobTest, EndsAtItsDeadline) {
  auto job = pytorch_job("t", {}, "OnFailure");
  job.object["spec"]["runPolicy"]["activeDeadlineSeconds"] = 1;
  EXPECT_EQ(run(job).stopped, StopReason::kTimeout);
}

TEST_F(PyTorchJobTest, EndsWorkersWithTheMasterUnlessTheJobIsKept) {
  const Scripts scripts{.master = "while ! test -e " + file("pid") + "; do sleep 0.02; done",
                        .worker = "echo $$$$ > " + file("pid") + "; sleep 1000"};
  EXPECT_TRUE(run(pytorch_job("deleted", scripts, "Never")).succeeded);
  EXPECT_EQ(::kill(pid_in(file("pid")), 0), -1);

  // The trial is over, but its worker keeps running, as its pod would.
  std::filesystem::remove(file("pid"));
  auto kept = pytorch_job("kept", scripts, "Never");
  kept.retain = true;
  EXPECT_TRUE(run(kept).succeeded);
  const pid_t worker = pid_in(file("pid"));
  EXPECT_EQ(::kill(worker, 0), 0);
  runner_.reset();
  EXPECT_EQ(::kill(worker, 0), -1);

  std::filesystem::remove(file("pid"));
  kept.trial_name = "cleaned";
  kept.object["spec"]["runPolicy"]["cleanPodPolicy"] = "Running";
  EXPECT_TRUE(run(kept).succeeded);
  EXPECT_EQ(::kill(pid_in(file("pid")), 0), -1);
}

TEST_F(PyTorchJobTest, ReadsTheReplicaThatThePodLabelsName) {
  auto job = pytorch_job("t", {.master = "echo loss=1; sleep 0.3", .worker = "echo loss=$RANK"},
                         "Never", 2);
  job.primary_pod_labels = {{"training.kubeflow.org/replica-type", "worker"},
                            {"training.kubeflow.org/replica-index", "1"}};
  EXPECT_TRUE(run(job).succeeded);
  EXPECT_THAT(words(events_.wait_for_reports("t")), ElementsAre("loss@0=2"));
  EXPECT_THAT(log("t"), HasSubstr("loss=2"));
  EXPECT_THAT(log("t", "master-0.log"), HasSubstr("loss=1"));
  job.trial_name = "nobody";
  job.primary_pod_labels["training.kubeflow.org/replica-index"] = "2";
  EXPECT_THROW(runner().launch(job), Error);
}

TEST_F(PyTorchJobTest, DividesTheTrialsCoresAmongItsReplicas) {
  options_.parallel = 1;
  options_.cpus = find_cores().cpus;
  if (options_.cpus.size() < 2) GTEST_SKIP() << "needs two cores";
  options_.cpus.resize(2);
  const std::string script =
      "grep Cpus_allowed_list /proc/self/status; echo threads $OMP_NUM_THREADS";
  const Scripts scripts{.master = script +
                                  "; while ! grep -q threads $MIMAR_TRIAL_DIR/worker-0.log; "
                                  "do sleep 0.02; done",
                        .worker = script};
  EXPECT_TRUE(run(pytorch_job("t", scripts, "Never")).succeeded);
  EXPECT_THAT(log("t"), HasSubstr(concat("list:\t", options_.cpus[0], "\nthreads 1")));
  EXPECT_THAT(log("t", "worker-0.log"),
              HasSubstr(concat("list:\t", options_.cpus[1], "\nthreads 1")));
}

TEST_F(PyTorchJobTest, FailsAsAWholeWhenAReplicaCannotStart) {
  const std::string marker = agent::make_marker();
  for (const std::string type : {"Master", "Worker"}) {
    auto job = pytorch_job("t" + type, {}, "OnFailure", 2);
    for (auto& [name, replica] : job.object["spec"]["pytorchReplicaSpecs"].items()) {
      Json& container = replica["template"]["spec"]["containers"][0];
      container["env"].push_back({{"name", "MARKER"}, {"value", marker}});
      if (name == type) container["command"] = {"no-such-program"};
    }
    const TrialExited exit = run(job);
    EXPECT_FALSE(exit.succeeded);
    EXPECT_THAT(exit.message, HasSubstr("-0: cannot start \"no-such-program\""));
    EXPECT_THAT(agent::find_marked_processes(marker), IsEmpty());
  }
}

TEST_F(PyTorchJobTest, StopsEveryReplica) {
  const std::string marker = agent::make_marker();
  const std::string script =
      ": " + marker + "; trap '' TERM; echo $$$$ > " + file("$RANK") + "; sleep 1000; sleep 1000";
  runner().launch(pytorch_job("t", {.master = script, .worker = script}, "Always", 2));
  std::vector<pid_t> pids;
  for (const char* rank : {"0", "1", "2"}) pids.push_back(pid_in(file(rank)));
  runner().stop("t", StopReason::kStalled);
  EXPECT_EQ(events_.wait_for_exit("t").stopped, StopReason::kStalled);
  for (const pid_t pid : pids) EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(PyTorchJobTest, StopsATrialThatWaitsToRestart) {
  options_.restart_delay = std::chrono::hours{1};
  runner().launch(pytorch_job("t", {.master = "exit 1", .worker = "exit 0"}, "OnFailure"));
  EXPECT_TRUE(eventually([&] { return log("t").find("attempt 2") != std::string::npos; }));
  runner().stop("t", StopReason::kEarlyStopped);
  EXPECT_EQ(events_.wait_for_exit("t").stopped, StopReason::kEarlyStopped);
}

TEST_F(PyTorchJobTest, TellsOnceThatAReplicaRestartsWithoutEnd) {
  runner().launch(pytorch_job("t", {.master = "exit 1"}, "OnFailure"));
  EXPECT_TRUE(eventually([&] { return log("t").find("attempt 6") != std::string::npos; }));
  runner_.reset();
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("restartPolicy OnFailure; runPolicy.backoffLimit")));
}

TEST_F(PyTorchJobTest, GivesEachReplicaItsOwnCollectedPath) {
  const std::string path = file("metrics/m.log");
  auto job = pytorch_job(
      "t", {.master = "echo loss=0 > " + path + "; sleep 0.3", .worker = "echo loss=1 > " + path},
      "Never");
  job.collector.kind = experiment::CollectorKind::kFile;
  job.collector.path = path;
  job.sharers = 1;
  const TrialExited exit = run(job);
  EXPECT_TRUE(exit.succeeded) << exit.message;
  EXPECT_THAT(words(events_.wait_for_reports("t")), testing::Contains("loss@0=0"));
}

}  // namespace
}  // namespace mimar::local
