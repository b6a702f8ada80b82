#include "experiment/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::experiment {
namespace {

using std::chrono::seconds;

Observation at(std::int64_t step, std::string value, int second = 0, std::string metric = "loss") {
  return {std::move(metric), step, TimePoint{} + seconds(second), std::move(value)};
}

MetricSummary summary_of(const std::vector<Observation>& observations) {
  MetricAccumulator accumulator;
  for (const Observation& observation : observations) accumulator.add(observation);
  return accumulator.summaries().at(0);
}

TEST(TrialName, IsADnsLabelOfKatibsAlphabet) {
  for (hpo::TrialId number = 0; number < 1000; ++number) {
    EXPECT_THAT(trial_name("demo", "some-uid", number),
                testing::MatchesRegex("demo-[bcdfghjklmnpqrstvwxz2456789]+"));
    EXPECT_EQ(trial_name("demo", "some-uid", number).size(), 4U + 1U + 8U);
  }
}

TEST(TrialName, IsABijection) {
  constexpr std::uint64_t kNames = 282'429'536'481;  // 27^8
  Rng rng(11);
  for (int run = 0; run < 20'000; ++run) {
    const std::string uid = concat("uid-", run % 7);
    // The first numbers, the last ones, and some in between.
    std::uint64_t number = static_cast<std::uint64_t>(run);
    if (run % 3 == 1) number = kNames - 1 - number;
    if (run % 3 == 2) number = rng.index(kNames);
    const auto id = static_cast<hpo::TrialId>(number);
    EXPECT_EQ(find_trial_number("demo", uid, trial_name("demo", uid, id)), id);
  }
}

TEST(TrialName, DoesNotCollideAndDependsOnTheUid) {
  std::set<std::string> names;
  for (hpo::TrialId number = 0; number < 50'000; ++number) {
    names.insert(trial_name("demo", "first", number));
  }
  EXPECT_EQ(names.size(), 50'000U);
  EXPECT_NE(trial_name("demo", "first", 0), trial_name("demo", "second", 0));
}

TEST(TrialName, NeighboursLookUnrelated) {
  // Of two independent names each letter agrees with probability 1/27: over 8,000 letters a mean
  // of 296 and a deviation of 17; 5 deviations make a false alarm of 6e-7 (the seed is fixed).
  int agreeing = 0;
  for (hpo::TrialId number = 0; number < 1000; ++number) {
    const std::string a = trial_name("demo", "uid", number);
    const std::string b = trial_name("demo", "uid", number + 1);
    for (std::size_t i = 5; i < a.size(); ++i) agreeing += a[i] == b[i] ? 1 : 0;
  }
  EXPECT_NEAR(agreeing, 296, 85);
}

TEST(TrialName, ForeignNamesHaveNoNumber) {
  const std::string name = trial_name("demo", "uid", 7);
  EXPECT_EQ(find_trial_number("other", "uid", name), std::nullopt);
  EXPECT_EQ(find_trial_number("demo", "uid", name + "b"), std::nullopt);
  EXPECT_EQ(find_trial_number("demo", "uid", "demo-aaaaaaaa"), std::nullopt);
  EXPECT_EQ(find_trial_number("demo", "uid", "demo"), std::nullopt);
  EXPECT_THROW(trial_name("demo", "uid", -1), Error);
  EXPECT_THROW(trial_name("demo", "uid", 282'429'536'481), Error);
}

TEST(MetricAccumulator, KeepsTextsOfLeastGreatestAndLatest) {
  const MetricSummary summary = summary_of({at(1, "0.50"), at(2, "+1e-2"), at(3, "0.3")});
  EXPECT_EQ(summary, (MetricSummary{"loss", "+1e-2", "0.50", "0.3"}));
}

TEST(MetricAccumulator, LatestIsTheGreatestStepThenTimeThenArrival) {
  EXPECT_EQ(summary_of({at(2, "a", 9), at(1, "b", 10)}).latest, "a");
  EXPECT_EQ(summary_of({at(1, "a", 5), at(1, "b", 4)}).latest, "a");
  EXPECT_EQ(summary_of({at(1, "a", 5), at(1, "b", 5)}).latest, "b");
}

TEST(MetricAccumulator, NanAndInfinityMoveNeitherEnd) {
  const MetricSummary summary =
      summary_of({at(1, "nan"), at(2, "0.5"), at(3, "-inf"), at(4, "inf")});
  EXPECT_EQ(summary, (MetricSummary{"loss", "0.5", "0.5", "inf"}));
}

TEST(MetricAccumulator, StoresTextsAndKeepsMetricsApart) {
  MetricAccumulator accumulator;
  accumulator.add(at(0, "Genotype(...)", 0, "Best-Genotype"));
  accumulator.add(at(0, "1", 0, "loss"));
  EXPECT_THAT(accumulator.summaries(),
              testing::ElementsAre(
                  MetricSummary{"Best-Genotype", "unavailable", "unavailable", "Genotype(...)"},
                  MetricSummary{"loss", "1", "1", "1"}));
}

TEST(ChosenValue, FollowsTheStrategyAndFallsBackToLatest) {
  const std::vector<MetricSummary> metrics = {{"loss", "0.1", "0.9", "0.5"},
                                              {"text", "unavailable", "unavailable", "nan"}};
  EXPECT_EQ(chosen_value(metrics, "loss", MetricStrategy::kMin), 0.1);
  EXPECT_EQ(chosen_value(metrics, "loss", MetricStrategy::kMax), 0.9);
  EXPECT_EQ(chosen_value(metrics, "loss", MetricStrategy::kLatest), 0.5);
  EXPECT_EQ(chosen_value(metrics, "none", MetricStrategy::kMin), std::nullopt);
  EXPECT_TRUE(std::isnan(chosen_value(metrics, "text", MetricStrategy::kMax).value()));
  EXPECT_EQ(
      chosen_value({{"a", "unavailable", "unavailable", "words"}}, "a", MetricStrategy::kLatest),
      std::nullopt);
}

}  // namespace
}  // namespace mimar::experiment
