// `mimar store`, and what `doctor` tells of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "base/json.h"
#include "tests/cli/eventually.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(StoreVerbs, ChecksBacksUpAndVacuums) {
  const MimarStage stage;
  EXPECT_EQ(stage.run({"store", "check"}).exit_code, 3);
  ASSERT_EQ(stage.run({"run", write_experiment(stage, {.max_trials = 2})}).exit_code, 0);
  const Ended sound = stage.run({"store", "check"});
  EXPECT_EQ(sound.exit_code, 0) << sound.out;
  EXPECT_THAT(sound.out, IsEmpty());
  EXPECT_THAT(sound.err, AllOf(HasSubstr("is sound"), HasSubstr("1 experiment, 2 trials")));
  EXPECT_EQ(Json::parse(stage.run({"store", "check", "-o", "json"}).out)["trials"], 2);
  EXPECT_THAT(stage.run({"store", "migrate"}).err, HasSubstr("is up to date"));
  EXPECT_EQ(stage.run({"store", "vacuum"}).exit_code, 0);

  const std::string copy = (stage.folder() / "other" / "mimar.db").string();
  fs::create_directories(stage.folder() / "other");
  EXPECT_EQ(stage.run({"store", "backup", copy}).exit_code, 0);
  EXPECT_EQ(stage.run({"store", "backup", copy}).exit_code, 4);
  const std::string other = (stage.folder() / "other").string();
  EXPECT_EQ(stage.run({"--state-dir", other, "get", "trials", "-o", "json"}).out,
            stage.run({"get", "trials", "-o", "json"}).out);
}

TEST(StoreVerbs, BacksUpWhileAnExperimentRunsButDoesNotVacuum) {
  const MimarStage stage;
  const pid_t runner =
      stage.start({"run", write_experiment(stage, {.max_trials = 500, .pause = "0.05"})});
  ASSERT_TRUE(eventually([&] { return stage.read("journal").find("end") != std::string::npos; }));
  EXPECT_EQ(stage.run({"store", "backup", (stage.folder() / "copy.db").string()}).exit_code, 0);
  EXPECT_EQ(stage.run({"store", "check"}).exit_code, 0);
  const Ended refused = stage.run({"store", "vacuum"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("mimar stop tiny"));
  kill(runner, SIGTERM);
  EXPECT_EQ(MimarStage::wait(runner), 143);
}

TEST(StoreVerbs, KeepsWhatTheTrialsOfADeletedExperimentHaveMade) {
  const MimarStage stage;
  const fs::path kept = stage.folder() / "state" / "kept";
  const std::string file = write_experiment(
      stage,
      {.max_trials = 2,
       .first_commands = "mkdir $MIMAR_TRIAL_DIR/best; echo w > $MIMAR_TRIAL_DIR/best/model"});
  for (const char* name : {"tiny", "tiny-2"}) {
    ASSERT_EQ(stage.run({"run", file}).exit_code, 0);
    const Ended deleted = stage.run({"delete", "experiment", "tiny", "--keep-artifacts", "--yes"});
    EXPECT_EQ(deleted.exit_code, 0) << deleted.err;
    EXPECT_THAT(deleted.err, HasSubstr((kept / name).string()));
    EXPECT_FALSE(fs::exists(stage.folder() / "state" / "trials" / "tiny"));
  }
  EXPECT_EQ(stage.run({"get", "exp", "tiny"}).exit_code, 3);
  EXPECT_THAT(stage.run({"store", "clean", "--yes"}).err, HasSubstr("nothing to remove"));
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(kept)) {
    if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, testing::ElementsAre("model", "model", "model", "model"));

  // Nothing was made: nothing is kept.
  const std::string plain = write_experiment(stage, {.name = "plain", .max_trials = 1});
  ASSERT_EQ(stage.run({"run", plain}).exit_code, 0);
  const Ended deleted = stage.run({"delete", "exp", "plain", "--keep-artifacts", "--yes"});
  EXPECT_THAT(deleted.err, AllOf(HasSubstr("deleted"), Not(HasSubstr("kept"))));
  EXPECT_FALSE(fs::exists(kept / "plain"));
}

/// The folders of trials that are there.
std::vector<std::string> folders(const MimarStage& stage) {
  std::vector<std::string> names;
  for (const auto& experiment : fs::directory_iterator(stage.folder() / "state" / "trials")) {
    for (const auto& trial : fs::directory_iterator(experiment.path())) {
      names.push_back(trial.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(StoreVerbs, CleansUpWhatNobodyNeeds) {
  const MimarStage stage;
  const std::string fails_when_even = "[ $(( x % 2 )) -eq 1 ] || exit 3";
  const std::string file =
      write_experiment(stage, {.max_trials = 12, .first_commands = fails_when_even});
  ASSERT_EQ(stage.run({"run", file}).exit_code, 0);
  fs::create_directories(stage.folder() / "state" / "trials" / "tiny" / "tiny-unknown");
  stage.write("state/trials/gone/gone-trial/log", std::string(3000, 'x'));
  ASSERT_EQ(folders(stage).size(), 14U);

  std::vector<std::string> good;
  const Json trials = Json::parse(stage.run({"get", "trials", "-o", "json"}).out)["items"];
  for (const Json& trial : trials) {
    const bool succeeded = trial["status"]["conditions"].back()["type"] == "Succeeded";
    if (succeeded) good.push_back(trial["metadata"]["name"]);
  }
  std::sort(good.begin(), good.end());
  ASSERT_FALSE(good.empty());
  ASSERT_LT(good.size(), 12U);

  const Ended listed = stage.run({"store", "clean", "--dry-run"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_EQ(static_cast<std::size_t>(std::count(listed.out.begin(), listed.out.end(), '\n')),
            14 - good.size());
  EXPECT_THAT(listed.out, HasSubstr("/gone  3.00 kB  of no experiment\n"));
  EXPECT_THAT(listed.err, HasSubstr("would remove"));
  EXPECT_THAT(stage.run({"doctor"}).out, HasSubstr("`mimar store clean` removes these"));
  EXPECT_EQ(stage.run({"store", "clean"}).exit_code, 2);  // nobody to ask
  EXPECT_EQ(folders(stage).size(), 14U);

  // Nothing is an hour old, and what nobody knows has no age.
  EXPECT_EQ(stage.run({"store", "clean", "--older-than", "1h", "--yes"}).exit_code, 0);
  EXPECT_EQ(folders(stage).size(), 12U);
  EXPECT_EQ(stage.run({"store", "clean", "--yes"}).exit_code, 0);
  EXPECT_EQ(folders(stage), good);
  EXPECT_THAT(stage.run({"store", "clean", "--yes"}).err, HasSubstr("nothing to remove"));
  EXPECT_THAT(stage.run({"doctor"}).out, Not(HasSubstr("mimar store clean")));
  EXPECT_EQ(Json::parse(stage.run({"get", "trials", "-o", "json"}).out)["items"], trials);
}

TEST(StoreVerbs, LeavesARunningExperimentAlone) {
  const MimarStage stage;
  const std::string file =
      write_experiment(stage, {.max_trials = 500, .pause = "0.2", .first_commands = "exit 3"});
  const pid_t runner = stage.start({"run", file});
  ASSERT_TRUE(eventually(
      [&] { return stage.read("started.out").find("trial-failed") != std::string::npos; }));
  EXPECT_THAT(stage.run({"store", "clean", "--yes"}).err, HasSubstr("nothing to remove"));
  kill(runner, SIGTERM);
  MimarStage::wait(runner);
  EXPECT_FALSE(folders(stage).empty());
  EXPECT_EQ(stage.run({"store", "clean", "--yes"}).exit_code, 0);
}

}  // namespace
}  // namespace mimar::cli
