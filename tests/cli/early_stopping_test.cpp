// spec.earlyStopping through the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/json.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"

namespace mimar::cli {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// The first three trials are good. Later ones are bad when x > 50: they would go on for minutes.
StageExperiment good_and_bad() {
  return {.max_trials = 9,
          .more_spec =
              "  initialPoints: [{x: \"1\"}, {x: \"2\"}, {x: \"3\"}]\n"
              "  earlyStopping: {algorithmName: medianstop}",
          .first_commands =
              "if [ $x -gt 50 ]; then\n"
              "  for step in 1 2 3 4; do echo loss=10000; done\n"
              "  sleep 300\n"
              "fi\n"
              "for step in 1 2 3 4; do echo loss=$((5 - step)); done"};
}

TEST(EarlyStopping, ARunEndsBadTrialsAndNoOthers) {
  const MimarStage stage;
  const Ended ended = stage.run({"run", write_experiment(stage, good_and_bad())});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(" trial-early-stopped trial=tiny-"));
  EXPECT_THAT(ended.out, HasSubstr("message=\"at step 3: best 10000 is worse than "));

  int num_stopped = 0;
  std::istringstream lines(stage.run({"get", "trials", "-o", "jsonl"}).out);
  for (std::string line; std::getline(lines, line);) {
    const Json trial = Json::parse(line);
    const std::string x = trial["spec"]["parameterAssignments"][0]["value"];
    const std::string state = trial["status"]["conditions"].back()["type"];
    EXPECT_EQ(state, std::stoi(x) > 50 ? "EarlyStopped" : "Succeeded") << x;
    num_stopped += state == "EarlyStopped" ? 1 : 0;
  }
  EXPECT_GE(num_stopped, 1);  // x is drawn from [0, 100] by the seed
  const Json status = Json::parse(stage.run({"get", "exp", "tiny", "-o", "json"}).out)["status"];
  EXPECT_EQ(status["trialsEarlyStopped"], num_stopped);
  EXPECT_EQ(status["earlyStoppedTrialList"].size(), static_cast<std::size_t>(num_stopped));
  EXPECT_TRUE(stage.wait_until_none_alive(5s));
}

}  // namespace
}  // namespace mimar::cli
