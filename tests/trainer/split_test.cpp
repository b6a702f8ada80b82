#include "trainer/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "trainer/schedule.h"

namespace mimar::trainer {
namespace {

using testing::DoubleNear;
using testing::SizeIs;

std::set<std::int64_t> as_set(const std::vector<std::int64_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

TEST(Split, HoldsOutWhatDoesNotTrain) {
  const Split split = make_split(60'000, {});
  EXPECT_THAT(split.validation, SizeIs(5000));
  EXPECT_THAT(split.train, SizeIs(55'000));
  std::set<std::int64_t> all = as_set(split.train);
  all.merge(as_set(split.validation));
  EXPECT_THAT(all, SizeIs(60'000));
  EXPECT_EQ(*all.begin(), 0);
  EXPECT_EQ(*all.rbegin(), 59'999);
  EXPECT_THAT(make_split(100, {}).validation, SizeIs(20));
}

TEST(Split, IsSharedByTrialsWhateverTheirTrainSize) {
  const Split small = make_split(1000, {.train_size = 100, .validation_size = 200});
  const Split large = make_split(1000, {.train_size = 800, .validation_size = 200});
  EXPECT_EQ(small.validation, large.validation);
  EXPECT_TRUE(std::equal(small.train.begin(), small.train.end(), large.train.begin()));
  const Split other = make_split(1000, {.train_size = 800, .validation_size = 200, .seed = 1});
  EXPECT_NE(other.validation, large.validation);
}

TEST(Split, TrainsOnAllWhenFull) {
  const Split split = make_split(50, {.kind = SplitKind::kFull});
  EXPECT_THAT(split.train, SizeIs(50));
  EXPECT_TRUE(split.validation.empty());
}

TEST(Split, SaysHowManyImagesThereAre) {
  EXPECT_THROW(make_split(100, {.train_size = 90, .validation_size = 20}), Error);
  EXPECT_THROW(make_split(100, {.validation_size = 100}), Error);
  EXPECT_THROW(make_split(100, {.kind = SplitKind::kFull, .train_size = 101}), Error);
}

TEST(Split, ShufflesEveryOrderEquallyOften) {
  std::map<std::vector<std::int64_t>, int> counts;
  Rng rng(9);
  for (int i = 0; i < 24'000; ++i) {
    std::vector<std::int64_t> numbers = {0, 1, 2, 3};
    shuffle(numbers, rng);
    ++counts[numbers];
  }
  EXPECT_THAT(counts, SizeIs(24));
  // binomial(24,000, 1/24): deviation 31. 6 sigma in any of 24: 5e-8 by chance.
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 186);
}

TEST(Schedule, FollowsItsFormula) {
  const Progress start{.step = 0, .steps_per_epoch = 10, .epochs = 4};
  const Progress middle{.step = 20, .steps_per_epoch = 10, .epochs = 4};
  const Progress third{.step = 30, .steps_per_epoch = 10, .epochs = 4};
  const ScheduleOptions cosine{.kind = ScheduleKind::kCosine};
  EXPECT_THAT(learning_rate(0.2, cosine, start), DoubleNear(0.2, 1e-15));
  EXPECT_THAT(learning_rate(0.2, cosine, middle), DoubleNear(0.1, 1e-15));
  // cos(3 pi / 4) = -0.7071...
  EXPECT_THAT(learning_rate(0.2, cosine, third),
              DoubleNear(0.1 * (1 - 0.70710678118654752), 1e-15));

  EXPECT_EQ(learning_rate(0.2, {.kind = ScheduleKind::kConstant}, third), 0.2);
  const ScheduleOptions step{.kind = ScheduleKind::kStep, .step_size = 2, .gamma = 0.5};
  EXPECT_EQ(learning_rate(0.2, step, {.step = 19, .steps_per_epoch = 10, .epochs = 4}), 0.2);
  EXPECT_EQ(learning_rate(0.2, step, middle), 0.1);
  EXPECT_EQ(learning_rate(0.2, step, third), 0.1);
}

}  // namespace
}  // namespace mimar::trainer
