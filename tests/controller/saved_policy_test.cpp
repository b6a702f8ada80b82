#include "controller/saved_policy.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"
#include "tests/support/spaces.h"

namespace mimar::controller {
namespace {

SavedPolicy make_policy() {
  SavedPolicy policy{.space = spaces::one_of_each_kind(),
                     .seed = 18446744073709551615U,
                     .baseline = 0.125,
                     .num_updates = 3,
                     .num_steps = 6};
  Rng rng(7);
  for (int i = 0; i < 3; ++i) {
    policy.history.push_back({policy.space.sample(rng), {.costs = {rng.normal()}}});
  }
  policy.history[1].outcome = {};
  policy.history[2].outcome.violation = 2.5;
  policy.origin = {{"experiment", "fashion"}, {"dataSet", "fashion-mnist"}};
  policy.tensors = {{"weights/a", {2, 2}, {1.0F, -2.0F, 3.5F, 0.0F}}};
  return policy;
}

TEST(SavedPolicy, ReadsBackWhatWasWritten) {
  const SavedPolicy policy = make_policy();
  const std::string bytes = to_bytes(policy);
  EXPECT_EQ(parse_saved_policy(bytes), policy);
  EXPECT_EQ(to_bytes(parse_saved_policy(bytes)), bytes);
}

TEST(SavedPolicy, SurvivesAnyBrokenFile) {
  const std::string good = to_bytes(make_policy());
  int rejected = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::string bytes = good;
    for (std::uint64_t i = 0, count = 1 + rng.index(4); i < count; ++i) {
      bytes[rng.index(bytes.size())] = static_cast<char>(rng.index(256));
    }
    if (rng.index(3) == 0) bytes.resize(rng.index(bytes.size()));
    try {
      parse_saved_policy(bytes);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalidArgument);
      ++rejected;
    }
  }
  EXPECT_GT(rejected, 1000);
}

TEST(SavedPolicy, RejectsAFileOfAnotherKindAndVersion) {
  EXPECT_THROW(parse_saved_policy(to_safetensors({})), Error);
  std::string bytes = to_bytes(make_policy());
  const std::size_t place = bytes.find(R"(\"version\":1)");
  ASSERT_NE(place, std::string::npos);
  bytes[place + 12] = '9';
  try {
    parse_saved_policy(bytes);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "its version is 9, this build reads version 1");
  }
}

}  // namespace
}  // namespace mimar::controller
