#include "local/job_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "experiment/job_kinds.h"
#include "experiment/job_verdict.h"

namespace mimar::local {
namespace {

using Phase = JobController::Phase;
using testing::ElementsAre;

const TimePoint kNow = parse_rfc3339("2026-01-02T03:04:05Z");

/// A PyTorchJob with a master and two workers.
Json pytorch_job(const std::string& policy, const std::string& run_policy = "{}") {
  Json job = Json::parse(R"({"apiVersion":"kubeflow.org/v1","kind":"PyTorchJob",
      "metadata":{"name":"t"},"spec":{"pytorchReplicaSpecs":{
        "Master":{"replicas":1,"template":{}},"Worker":{"replicas":2,"template":{}}}}})");
  job["spec"]["runPolicy"] = Json::parse(run_policy);
  for (const char* type : {"Master", "Worker"}) {
    if (!policy.empty()) job["spec"]["pytorchReplicaSpecs"][type]["restartPolicy"] = policy;
  }
  return job;
}

Json without_master(Json job) {
  job["spec"]["pytorchReplicaSpecs"].erase("Master");
  return job;
}

JobController controller_of(const Json& job) { return {job_rules(job), job, kNow}; }

/// All replicas run.
JobController running(const Json& job) {
  JobController controller = controller_of(job);
  for (const ReplicaStart& start : controller.first_starts()) {
    controller.created(start.replica);
    controller.started(start.replica, kNow);
  }
  return controller;
}

/// Ends a replica; true when it is to be started again.
bool again(JobController& controller, std::size_t replica, int exit_code, TimePoint now) {
  const std::vector<ReplicaStart> starts = controller.ended(replica, exit_code, now);
  return std::any_of(starts.begin(), starts.end(),
                     [replica](const ReplicaStart& start) { return start.replica == replica; });
}

/// "Type=Status" in the order of the list.
std::vector<std::string> conditions(const JobController& controller) {
  std::vector<std::string> texts;
  for (const Json& one : controller.job().at("status").at("conditions")) {
    texts.push_back(one.at("type").get<std::string>() + "=" + one.at("status").get<std::string>());
  }
  return texts;
}

Json counters(const JobController& controller) {
  return controller.job().at("status").at("replicaStatuses");
}

TEST(JobController, KeepsTheStatusOfAPyTorchJob) {
  JobController controller = controller_of(pytorch_job("Never"));
  EXPECT_THAT(conditions(controller), ElementsAre("Created=True"));
  EXPECT_EQ(controller.job()["status"]["startTime"], "2026-01-02T03:04:05Z");
  controller.started(1, kNow);  // a worker alone does not make the job run
  EXPECT_THAT(conditions(controller), ElementsAre("Created=True"));
  controller.started(0, kNow);
  controller.started(2, kNow);
  EXPECT_THAT(conditions(controller), ElementsAre("Created=True", "Running=True"));
  EXPECT_EQ(counters(controller), Json::parse(R"({"Master":{"active":1},"Worker":{"active":2}})"));
  EXPECT_FALSE(again(controller, 1, 0, kNow));
  EXPECT_EQ(controller.phase(), Phase::kActive);  // workers do not decide
  EXPECT_EQ(counters(controller),
            Json::parse(R"({"Master":{"active":1},"Worker":{"succeeded":1,"active":1}})"));
  EXPECT_FALSE(again(controller, 0, 0, kNow));
  EXPECT_EQ(controller.phase(), Phase::kSucceeded);
  EXPECT_THAT(conditions(controller),
              ElementsAre("Created=True", "Running=False", "Succeeded=True"));
  // What still runs counts as succeeded.
  EXPECT_EQ(counters(controller),
            Json::parse(R"({"Master":{"succeeded":1},"Worker":{"succeeded":2}})"));
  EXPECT_FALSE(controller.deletes_running());  // cleanPodPolicy None is the default
  const auto* kind = experiment::find_job_kind("PyTorchJob");
  const auto verdict =
      experiment::JobConditions(kind->success, kind->failure).judge(controller.job());
  EXPECT_EQ(verdict.state, experiment::JobVerdict::State::kSucceeded);
  EXPECT_EQ(verdict.reason, "PyTorchJobSucceeded");
}

// What the training operator does when a replica ends with a code, by restartPolicy.
TEST(JobController, FollowsEveryRestartPolicy) {
  struct Case {
    const char* policy;
    std::size_t replica;  // 0: the master
    int exit_code;
    bool again;
    Phase phase;
  };
  const std::vector<Case> cases = {
      {"Always", 0, 0, true, Phase::kActive},
      {"Always", 1, 1, true, Phase::kActive},
      {"OnFailure", 0, 1, true, Phase::kActive},
      {"OnFailure", 1, 137, true, Phase::kActive},
      {"OnFailure", 1, 0, false, Phase::kActive},
      {"OnFailure", 0, 0, false, Phase::kSucceeded},
      {"", 1, 1, true, Phase::kActive},  // OnFailure is the default
      {"Never", 0, 0, false, Phase::kSucceeded},
      {"Never", 0, 1, false, Phase::kFailed},
      {"Never", 2, 137, false, Phase::kFailed},
      {"ExitCode", 0, 1, false, Phase::kFailed},
      {"ExitCode", 1, 127, false, Phase::kFailed},
      {"ExitCode", 1, 128, true, Phase::kActive},
      {"ExitCode", 2, 137, true, Phase::kActive},
      {"ExitCode", 0, 143, true, Phase::kActive},
      {"ExitCode", 0, 0, false, Phase::kSucceeded},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(concat(one.policy, " replica ", one.replica, " code ", one.exit_code));
    JobController controller = running(pytorch_job(one.policy));
    EXPECT_EQ(again(controller, one.replica, one.exit_code, kNow), one.again);
    EXPECT_EQ(controller.phase(), one.phase);
  }
}

TEST(JobController, SaysThatAJobRestartsOnlyWhenAPodIsMadeAnew) {
  JobController in_place = running(pytorch_job("OnFailure"));
  in_place.ended(0, 1, kNow);
  EXPECT_THAT(conditions(in_place), ElementsAre("Created=True", "Running=True"));
  JobController anew = running(pytorch_job("ExitCode"));
  anew.ended(0, 137, kNow);
  EXPECT_THAT(conditions(anew), ElementsAre("Created=True", "Restarting=True"));
  anew.started(0, kNow);
  EXPECT_THAT(conditions(anew), ElementsAre("Created=True", "Running=True"));
}

TEST(JobController, CountsRestartsInPlaceAgainstTheBackoffLimit) {
  JobController controller = running(pytorch_job("OnFailure", R"({"backoffLimit":3})"));
  EXPECT_TRUE(again(controller, 0, 1, kNow));
  EXPECT_TRUE(again(controller, 1, 1, kNow));
  EXPECT_FALSE(again(controller, 1, 1, kNow));  // the third restart of all replicas together
  EXPECT_EQ(controller.phase(), Phase::kFailed);
  EXPECT_TRUE(controller.deletes_running());  // whatever cleanPodPolicy says
  EXPECT_EQ(controller.message(),
            "Job t has failed because it has reached the specified backoff limit");
  for (const char* limit : {"0", "1"}) {  // 0 and 1 mean the same
    JobController small =
        running(pytorch_job("OnFailure", concat(R"({"backoffLimit":)", limit, "}")));
    EXPECT_FALSE(again(small, 2, 1, kNow)) << limit;
    EXPECT_EQ(small.phase(), Phase::kFailed) << limit;
  }
}

TEST(JobController, CountsOnlyReplicasThatRunAgainstTheBackoffLimit) {
  JobController controller = running(pytorch_job("OnFailure", R"({"backoffLimit":2})"));
  EXPECT_TRUE(again(controller, 1, 1, kNow));
  EXPECT_FALSE(again(controller, 1, 0, kNow));  // it has succeeded, its restarts count no more
  EXPECT_TRUE(again(controller, 2, 1, kNow));
  EXPECT_EQ(controller.phase(), Phase::kActive);
}

TEST(JobController, NeverCountsPodsThatAreMadeAnew) {
  JobController controller = running(pytorch_job("ExitCode", R"({"backoffLimit":1})"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(again(controller, 1, 137, kNow));
    controller.started(1, kNow);
  }
  EXPECT_EQ(controller.num_restarts(1), 20);
  JobController none = running(pytorch_job("ExitCode", R"({"backoffLimit":0})"));
  EXPECT_FALSE(again(none, 1, 137, kNow));
  EXPECT_EQ(none.phase(), Phase::kFailed);
}

TEST(JobController, WaitsForAllWorkersWithoutAMaster) {
  JobController controller = running(without_master(pytorch_job("Never")));
  EXPECT_THAT(conditions(controller), ElementsAre("Created=True", "Running=True"));
  controller.ended(0, 0, kNow);
  EXPECT_EQ(controller.phase(), Phase::kActive);
  controller.ended(1, 0, kNow);
  EXPECT_EQ(controller.phase(), Phase::kSucceeded);
  Json elastic = without_master(pytorch_job("Never"));
  elastic["spec"]["elasticPolicy"] = Json::object();
  JobController any = running(elastic);
  any.ended(1, 0, kNow);
  EXPECT_EQ(any.phase(), Phase::kSucceeded);
}

TEST(JobController, EndsAtTheDeadline) {
  JobController controller = running(pytorch_job("Never", R"({"cleanPodPolicy":"None"})"));
  controller.deadline_passed(kNow);
  EXPECT_EQ(controller.phase(), Phase::kFailed);
  EXPECT_TRUE(controller.deletes_running());
  EXPECT_THAT(conditions(controller), ElementsAre("Created=True", "Running=False", "Failed=True"));
  EXPECT_FALSE(again(controller, 0, 0, kNow));  // after the end nothing changes
  EXPECT_EQ(controller.phase(), Phase::kFailed);
}

TEST(JobController, KnowsTheCleanPodPolicies) {
  const auto deletes = [](const char* policy) {
    return running(pytorch_job("Never", concat(R"({"cleanPodPolicy":")", policy, "\"}")))
        .deletes_running();
  };
  EXPECT_TRUE(deletes("All"));
  EXPECT_TRUE(deletes("Running"));
  EXPECT_FALSE(deletes("None"));
}

Json job_with(const std::string& spec) {
  Json job = Json::parse(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"t"}})");
  job["spec"] = Json::parse(spec);
  job["spec"]["template"]["spec"]["restartPolicy"] = "Never";
  return job;
}

TEST(JobController, KeepsTheStatusOfAJob) {
  JobController controller = controller_of(job_with(R"({"backoffLimit":1})"));
  controller.first_starts();
  controller.created(0);
  const auto status = [&controller] {
    std::map<std::string, int> counts;
    for (const auto& [key, value] : controller.job().at("status").items()) {
      if (value.is_number()) counts[key] = value.get<int>();
    }
    return counts;
  };
  using Counts = std::map<std::string, int>;
  EXPECT_EQ(status(), (Counts{{"active", 1}, {"ready", 0}, {"terminating", 0}}));
  controller.started(0, kNow);
  EXPECT_EQ(status(), (Counts{{"active", 1}, {"ready", 1}, {"terminating", 0}}));
  EXPECT_TRUE(again(controller, 0, 3, kNow));  // it waits: there is no pod
  EXPECT_EQ(status(), (Counts{{"failed", 1}, {"ready", 0}, {"terminating", 0}}));
  EXPECT_EQ(controller.num_restarts(0), 1);
  controller.created(0);
  EXPECT_FALSE(again(controller, 0, 3, kNow));
  EXPECT_EQ(status(), (Counts{{"failed", 2}, {"ready", 0}, {"terminating", 0}}));
  EXPECT_THAT(conditions(controller), ElementsAre("FailureTarget=True", "Failed=True"));
  for (const Json& one : controller.job()["status"]["conditions"]) {
    EXPECT_EQ(one["reason"], "BackoffLimitExceeded");
    EXPECT_EQ(one["message"], "Job has reached the specified backoff limit");
  }
  EXPECT_FALSE(controller.limit_passed());  // the pod's own end says it
  JobController late = running(job_with("{}"));
  late.deadline_passed(kNow);
  EXPECT_EQ(late.job()["status"]["conditions"][0]["reason"], "DeadlineExceeded");
}

TEST(JobController, SaysThatAJobIsCompleteWhenNoPodIsLeft) {
  JobController controller = running(job_with(R"({"completions":3,"parallelism":3,
      "completionMode":"Indexed","backoffLimitPerIndex":0,
      "successPolicy":{"rules":[{"succeededIndexes":"0"}]}})"));
  controller.ended(2, 1, kNow);
  EXPECT_EQ(controller.job()["status"]["failedIndexes"], "2");
  controller.ended(0, 0, kNow);
  EXPECT_EQ(controller.phase(), Phase::kEnding);
  EXPECT_THAT(conditions(controller), ElementsAre("SuccessCriteriaMet=True"));
  EXPECT_EQ(controller.job()["status"]["terminating"], 1);
  EXPECT_FALSE(controller.job()["status"].contains("completionTime"));
  controller.ended(1, 143, kNow);
  EXPECT_EQ(controller.phase(), Phase::kSucceeded);
  EXPECT_THAT(conditions(controller), ElementsAre("SuccessCriteriaMet=True", "Complete=True"));
  const Json& status = controller.job()["status"];
  EXPECT_EQ(status["conditions"][1]["reason"], "SuccessPolicy");
  EXPECT_EQ(status["conditions"][1]["message"], "Matched rules at index 0");
  EXPECT_EQ(status["completedIndexes"], "0");
  EXPECT_EQ(status["succeeded"], 1);
  EXPECT_EQ(status["failed"], 1);
  EXPECT_EQ(status["completionTime"], "2026-01-02T03:04:05Z");
  const auto* kind = experiment::find_job_kind("Job");
  const auto verdict =
      experiment::JobConditions(kind->success, kind->failure).judge(controller.job());
  EXPECT_EQ(verdict.state, experiment::JobVerdict::State::kSucceeded);
}

TEST(JobController, SaysThatAJobHasFailedWhenNoPodIsLeft) {
  JobController controller = running(job_with(R"({"completions":2,"parallelism":2,
      "backoffLimit":0})"));
  controller.ended(0, 1, kNow);
  EXPECT_THAT(conditions(controller), ElementsAre("FailureTarget=True"));
  EXPECT_EQ(controller.message(), "");
  controller.ended(1, 0, kNow);  // too late to matter
  EXPECT_EQ(controller.phase(), Phase::kFailed);
  EXPECT_EQ(controller.message(), "Job has reached the specified backoff limit");
  EXPECT_TRUE(controller.limit_passed());
  EXPECT_EQ(controller.job()["status"]["failed"], 2);
  EXPECT_FALSE(controller.job()["status"].contains("completionTime"));
}

TEST(JobRules, RefuseWhatTheTrainingOperatorWouldRefuse) {
  const auto refuses = [](const Json& job) {
    try {
      job_rules(job);
      return false;
    } catch (const Error&) {
      return true;
    }
  };
  Json job = pytorch_job("Never");
  EXPECT_FALSE(refuses(job));
  job["spec"]["pytorchReplicaSpecs"]["Master"]["replicas"] = 2;
  EXPECT_TRUE(refuses(job));
  EXPECT_TRUE(refuses(pytorch_job("Sometimes")));
  EXPECT_TRUE(refuses(pytorch_job("Never", R"({"suspend":true})")));
  job["spec"]["pytorchReplicaSpecs"] = Json::object();
  EXPECT_TRUE(refuses(job));
  EXPECT_TRUE(refuses({{"kind", "TFJob"}}));
}

}  // namespace
}  // namespace mimar::local
