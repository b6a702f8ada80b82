#include "cli/run/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::cli {
namespace {

Json make_object() {
  return Json::parse(R"({"metadata":{"name":"a"},"spec":{"maxTrialCount":3,
      "objective":{"type":"minimize"},
      "parameters":[{"name":"lr","feasibleSpace":{"max":"1"}}]}})");
}

TEST(Overrides, SetsFieldsOfTheSpec) {
  Json object = make_object();
  set_field(object, "objective.goal=0.95");
  set_field(object, "spec.maxTrialCount=12");
  set_field(object, "algorithm.algorithmName=tpe");
  set_field(object, "metadata.labels.team=a");
  EXPECT_EQ(object["spec"]["objective"]["goal"], 0.95);
  EXPECT_EQ(object["spec"]["maxTrialCount"], 12);
  EXPECT_EQ(object["spec"]["algorithm"]["algorithmName"], "tpe");
  EXPECT_EQ(object["metadata"]["labels"]["team"], "a");
}

TEST(Overrides, ASmallerBudgetTakesWhatMayNotExceedItAlong) {
  Json object = make_object();
  object["spec"]["parallelTrialCount"] = 4;
  object["spec"]["maxFailedTrialCount"] = 1;
  apply_overrides(object, {.max_trials = 2});
  EXPECT_EQ(object["spec"]["maxTrialCount"], 2);
  EXPECT_EQ(object["spec"]["parallelTrialCount"], 2);
  EXPECT_EQ(object["spec"]["maxFailedTrialCount"], 1);
  apply_overrides(object, {.parallel = 3, .max_trials = 5});
  EXPECT_EQ(object["spec"]["parallelTrialCount"], 3);
}

TEST(Overrides, KeepsTextsText) {
  Json object = make_object();
  set_field(object, "parameters[0].feasibleSpace.max=0.1");
  EXPECT_EQ(object["spec"]["parameters"][0]["feasibleSpace"]["max"], "0.1");
  set_field(object, "warmStart=[\"b\"]");
  EXPECT_EQ(object["spec"]["warmStart"], Json::array({"b"}));
  set_field(object, "objective.additionalMetricNames=a=b");
  EXPECT_EQ(object["spec"]["objective"]["additionalMetricNames"], "a=b");
}

TEST(Overrides, SaysWhatIsWrongWithAPath) {
  const std::map<std::string, std::string> faults = {
      {"objective.goal", "there is no ="},
      {"=3", "a name is missing"},
      {"a..b=3", "a name is missing"},
      {"a.=3", "a name is missing"},
      {"[0]=3", "a path starts with a name"},
      {"parameters[0=3", "[ without ]"},
      {"parameters[x].name=3", "between [ and ] comes a number"},
      {"parameters[1].name=3", "the list has 1 entries only"},
      {"objective[0]=3", "there is no list"},
      {"maxTrialCount.x=3", "the path leads through a value"},
  };
  for (const auto& [assignment, message] : faults) {
    Json object = make_object();
    try {
      set_field(object, assignment);
      ADD_FAILURE() << assignment << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_THAT(error.what(), testing::HasSubstr(message)) << assignment;
    }
  }
}

TEST(Overrides, LetsNamedFlagsWin) {
  Json object = make_object();
  object["metadata"]["generateName"] = "a-";
  apply_overrides(
      object, {.assignments = {"maxTrialCount=5"}, .parallel = 2, .max_trials = 7, .name = "b"});
  EXPECT_EQ(object["spec"]["maxTrialCount"], 7);
  EXPECT_EQ(object["spec"]["parallelTrialCount"], 2);
  EXPECT_EQ(object["metadata"], Json::parse(R"({"name":"b"})"));
}

}  // namespace
}  // namespace mimar::cli
