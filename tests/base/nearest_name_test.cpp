#include "base/nearest_name.h"

#include <vector>

#include <gtest/gtest.h>

namespace mimar {
namespace {

TEST(NearestName, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("Saturday", "Sunday"), 3U);
  EXPECT_EQ(edit_distance("adma", "adam"), 1U);  // neighbours swapped
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);     // optimal string alignment edits no letter twice
  EXPECT_EQ(edit_distance("MaxTrialCount", "maxtrialcount"), 0U);
}

TEST(NearestName, IsSymmetric) {
  const std::vector<std::string> words = {"lr", "momentum", "optimizer", "optimiser", "opt", ""};
  for (const std::string& a : words) {
    for (const std::string& b : words) EXPECT_EQ(edit_distance(a, b), edit_distance(b, a));
  }
}

TEST(NearestName, FindsWhatWasMeant) {
  const std::vector<std::string> known = {"algorithmName", "algorithmSettings", "name", "goal"};
  EXPECT_EQ(find_nearest_name("algorithmNames", known), "algorithmName");
  EXPECT_EQ(find_nearest_name("AlgorithmName", known), "algorithmName");
  EXPECT_EQ(find_nearest_name("naem", known), "name");
  EXPECT_EQ(find_nearest_name("objective", known), std::nullopt);
  EXPECT_EQ(find_nearest_name("x", known), std::nullopt);
  EXPECT_EQ(find_nearest_name("", known), std::nullopt);
  EXPECT_EQ(find_nearest_name("name", {}), std::nullopt);
}

TEST(NearestName, TakesABeginningForTheWholeName) {
  const std::vector<std::string> known = {
      "primaryContainerName", "algorithmSettings", "algorithmName",
      "parameterType",        "minimum",           "trialSpec"};
  EXPECT_EQ(find_nearest_name("primaryContainer", known), "primaryContainerName");
  EXPECT_EQ(find_nearest_name("PrimaryContainer", known), "primaryContainerName");
  EXPECT_EQ(find_nearest_name("algorithm", known), "algorithmName") << "the shortest";
  EXPECT_EQ(find_nearest_name("primary", known), std::nullopt) << "less than half";
  EXPECT_EQ(find_nearest_name("trial", known), "trialSpec");
  EXPECT_EQ(find_nearest_name("min", known), std::nullopt) << "three letters";
  EXPECT_EQ(find_nearest_name("containerName", known), std::nullopt) << "an end";
  EXPECT_EQ(find_nearest_name("algorithmNme", known), "algorithmName") << "a slip comes first";
}

TEST(NearestName, TakesTheFirstOfEquals) {
  const std::vector<std::string> known = {"beta1", "beta2"};
  EXPECT_EQ(find_nearest_name("beta3", known), "beta1");
}

}  // namespace
}  // namespace mimar
