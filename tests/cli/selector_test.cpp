#include "cli/selector.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::cli {
namespace {

const std::map<std::string, std::string> kLabels = {{"team", "a"}, {"tier", "gold"}};

TEST(Selector, ChoosesByEquality) {
  EXPECT_TRUE(Selector("").matches(kLabels));
  EXPECT_TRUE(Selector("team=a").matches(kLabels));
  EXPECT_TRUE(Selector("team==a,tier=gold").matches(kLabels));
  EXPECT_FALSE(Selector("team=a,tier=tin").matches(kLabels));
  EXPECT_TRUE(Selector("team!=b").matches(kLabels));
  EXPECT_FALSE(Selector("team!=a").matches(kLabels));
  EXPECT_TRUE(Selector("absent!=a").matches(kLabels));
  EXPECT_TRUE(Selector("team").matches(kLabels));
  EXPECT_FALSE(Selector("!team").matches(kLabels));
  EXPECT_TRUE(Selector("!absent").matches(kLabels));
}

TEST(Selector, RejectsWhatHasNoKey) {
  for (const char* wrong : {"=a", "!=a", "!", "team=a,=b"}) {
    EXPECT_THROW(Selector{wrong}, Error) << wrong;
  }
}

}  // namespace
}  // namespace mimar::cli
