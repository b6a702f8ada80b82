#include "cli/run/restart_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/make_experiment.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentPhase;
using experiment::ResumePolicy;
using testing::HasSubstr;

/// An experiment that ended well after its four trials, and may go on.
struct Scene {
  Scene() {
    stored.experiment = testing_support::make_experiment();
    stored.experiment.spec.resume_policy = ResumePolicy::kLongRunning;
    stored.state.phase = ExperimentPhase::kSucceeded;
    stored.state.reason = "ExperimentMaxTrialsReached";
    for (int i = 0; i < 4; ++i) {
      trials.push_back(testing_support::make_trial(stored.experiment, i));
    }
  }
  std::string why_not(std::optional<int> max_trials) const {
    return why_not_restarted(stored, trials, max_trials).value_or("it can");
  }

  experiment::StoredExperiment stored;
  std::vector<experiment::Trial> trials;
};

TEST(RestartRules, ALargerCountLetsItGoOn) {
  Scene scene;
  EXPECT_EQ(scene.why_not(5), "it can");
  scene.stored.experiment.spec.resume_policy = ResumePolicy::kFromVolume;
  EXPECT_EQ(scene.why_not(5), "it can");
  EXPECT_THAT(scene.why_not(4), HasSubstr("with 4 trials; --max-trials N with a larger N"));
  EXPECT_THAT(scene.why_not({}), HasSubstr("--max-trials N"));
}

TEST(RestartRules, NeverMeansNeverUntilItIsEdited) {
  Scene scene;
  scene.stored.experiment.spec.resume_policy = ResumePolicy::kNever;
  EXPECT_THAT(scene.why_not(9), HasSubstr("mimar edit demo --resume-policy LongRunning"));
}

TEST(RestartRules, OnlyTheTrialCountsEndCanBeMoved) {
  Scene scene;
  scene.stored.state.reason = "ExperimentGoalReached";
  EXPECT_THAT(scene.why_not(9), HasSubstr("(ExperimentGoalReached), and only one that ended at"));
  scene.stored.state.phase = ExperimentPhase::kFailed;
  scene.stored.state.reason = "ExperimentFailed";
  EXPECT_THAT(scene.why_not(9), HasSubstr("a failed one does not go on"));
  EXPECT_THAT(scene.why_not(9), HasSubstr("mimar clone demo --name NEW"));
}

TEST(RestartRules, RetrainingClosesTheSearch) {
  Scene scene;
  scene.trials.back().purpose = experiment::TrialPurpose::kRetrain;
  EXPECT_THAT(scene.why_not(9), HasSubstr("closes its search"));
}

}  // namespace
}  // namespace mimar::cli
