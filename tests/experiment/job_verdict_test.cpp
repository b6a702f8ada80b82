#include "experiment/job_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "experiment/job_kinds.h"

namespace mimar::experiment {
namespace {

using State = JobVerdict::State;

Json job_with(const std::string& status) {
  return {{"kind", "TFJob"}, {"metadata", {{"name", "t"}}}, {"status", Json::parse(status)}};
}

// The cases of Katib's own test of job statuses.
TEST(JobConditions, JudgeAsKatibDoes) {
  const JobConditions conditions(condition_of("Succeeded"), condition_of("Failed"));
  const auto job = [](const char* failed, const char* succeeded) {
    return job_with(concat(R"({"conditions":[{"type":"Failed","status":")", failed,
                           R"(","reason":"test-reason","message":"test-message"},)",
                           R"({"type":"Succeeded","status":")", succeeded,
                           R"(","reason":"test-reason","message":"test-message"}],)",
                           R"("replicaStatuses":{"master":{"active":1}}})"));
  };
  EXPECT_EQ(conditions.judge(job("False", "False")), JobVerdict{});
  const JobVerdict succeeded = conditions.judge(job("False", "True"));
  EXPECT_EQ(succeeded, (JobVerdict{State::kSucceeded, "test-reason", "test-message"}));
  EXPECT_EQ(conditions.judge(job("True", "False")).state, State::kFailed);
  EXPECT_EQ(conditions.judge(job("True", "True")).state, State::kFailed);  // failure goes first
  const JobConditions active(R"(status.replicaStatuses.master.[@this].#(active=="1"))",
                             condition_of("Failed"));
  EXPECT_EQ(active.judge(job("False", "False")), (JobVerdict{.state = State::kSucceeded}));
}

TEST(JobConditions, HoldOnlyForObjects) {
  const Json job = job_with(R"({"failed":3,"phases":["Failed"],"none":[],"one":{"Reason":"R"}})");
  const auto state = [&](const std::string& failure) {
    return JobConditions("status.nothing", failure).judge(job).state;
  };
  EXPECT_EQ(state("status.failed"), State::kUndecided);
  EXPECT_EQ(state("status.phases"), State::kUndecided);
  EXPECT_EQ(state("status.none"), State::kUndecided);
  EXPECT_EQ(state("status.one"), State::kFailed);
  EXPECT_EQ(JobConditions("status.one", "status.none").judge(job).reason, "R");
}

TEST(JobKinds, HaveConditionsThatSeeTheirEnds) {
  const auto state = [](const char* kind, const std::string& status) {
    const JobKind* known = find_job_kind(kind);
    return JobConditions(known->success, known->failure).judge(job_with(status)).state;
  };
  const std::string complete = R"({"conditions":[{"type":"Complete","status":"True"}]})";
  EXPECT_EQ(state("Job", complete), State::kSucceeded);
  EXPECT_EQ(state("TrainJob", complete), State::kSucceeded);
  EXPECT_EQ(state("PyTorchJob", complete), State::kUndecided);
  const std::string succeeded = R"({"conditions":[{"type":"Succeeded","status":"True"}]})";
  for (const char* kind : {"PyTorchJob", "TFJob", "XGBoostJob", "MPIJob", "JAXJob"}) {
    EXPECT_EQ(state(kind, succeeded), State::kSucceeded) << kind;
  }
  const auto run = [](const char* status) {
    return concat(R"({"conditions":[{"type":"Succeeded","status":")", status, "\"}]}");
  };
  EXPECT_EQ(state("PipelineRun", run("True")), State::kSucceeded);
  EXPECT_EQ(state("PipelineRun", run("False")), State::kFailed);
  EXPECT_EQ(state("PipelineRun", run("Unknown")), State::kUndecided);
  EXPECT_EQ(state("Workflow", R"({"phase":"Succeeded"})"), State::kSucceeded);
  EXPECT_EQ(state("Workflow", R"({"phase":"Failed"})"), State::kFailed);
  EXPECT_EQ(state("Workflow", R"({"phase":"Error"})"), State::kFailed);
  EXPECT_EQ(state("Workflow", R"({"phase":"Running"})"), State::kUndecided);
  EXPECT_EQ(state("Workflow", "{}"), State::kUndecided);
}

TEST(JobKinds, RefuseWhatNeedsACluster) {
  EXPECT_NO_THROW(require_local_form({{"kind", "Job"}}));
  EXPECT_NO_THROW(require_local_form({{"kind", "PyTorchJob"}}));
  EXPECT_NO_THROW(require_local_form(nullptr));
  try {
    require_local_form({{"kind", "MPIJob"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFailedPrecondition);
    EXPECT_STREQ(
        error.what(),
        "jobs of kind MPIJob run in a cluster only; the kinds that run on this machine are Job and "
        "PyTorchJob");
  }
}

}  // namespace
}  // namespace mimar::experiment
