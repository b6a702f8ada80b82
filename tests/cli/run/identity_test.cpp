#include "cli/run/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "tests/support/make_experiment.h"

namespace mimar::cli {
namespace {

using testing::MatchesRegex;

TEST(Identity, DrawsRandomUuids) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    EXPECT_THAT(uuid, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                   "[0-9a-f]{12}"));
    EXPECT_TRUE(seen.insert(uuid).second);  // 122 random bits: twice the same in 1e-31 of runs
  }
}

TEST(Identity, GivesNamesAndUids) {
  experiment::Experiment experiment = testing_support::make_experiment();
  experiment.name.clear();
  experiment.uid.clear();
  experiment.object["metadata"] = {{"generateName", "demo-"}};
  complete_identity(experiment);
  EXPECT_THAT(experiment.name, MatchesRegex("demo-[bcdfghjklmnpqrstvwxz2456789]{5}"));
  EXPECT_EQ(experiment.object["metadata"], (Json{{"name", experiment.name}}));
  EXPECT_EQ(experiment.uid.size(), 36U);
}

TEST(Identity, KeepsWhatTheFileSays) {
  experiment::Experiment experiment = testing_support::make_experiment();
  experiment.uid.clear();
  experiment.object["metadata"]["uid"] = "11111111-2222-4333-8444-555555555555";
  complete_identity(experiment);
  EXPECT_EQ(experiment.name, "demo");
  EXPECT_EQ(experiment.uid, "11111111-2222-4333-8444-555555555555");
}

TEST(Identity, NeedsAName) {
  experiment::Experiment experiment = testing_support::make_experiment();
  experiment.name.clear();
  experiment.object["metadata"] = Json::object();
  EXPECT_THROW(complete_identity(experiment), Error);
}

}  // namespace
}  // namespace mimar::cli
