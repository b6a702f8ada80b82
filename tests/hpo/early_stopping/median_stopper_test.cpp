#include "hpo/early_stopping/median_stopper.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::hpo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A log in the making. Steps count from 1 where none are given.
struct Log {
  History history;

  TrialId propose() {
    history.append(Proposed{.assignment = {{"x", static_cast<double>(history.next_number())}}});
    return history.next_number() - 1;
  }
  void report(TrialId trial, std::int64_t step, double value) {
    history.append(Reported{trial, step, {value}});
  }
  TrialId running(const std::vector<double>& values) {
    const TrialId trial = propose();
    std::int64_t step = 0;
    for (const double value : values) report(trial, ++step, value);
    return trial;
  }
  TrialId ended(const std::vector<double>& values, TrialState state = TrialState::kSucceeded) {
    const TrialId trial = running(values);
    history.append(Finished{.trial = trial, .state = state, .objectives = {values.back()}});
    return trial;
  }
};

std::vector<TrialId> stopped(const History& history, const MedianOptions& options) {
  std::vector<TrialId> trials;
  for (const EarlyStop& stop : MedianStopper(options).find_stops(history)) {
    trials.push_back(stop.trial);
  }
  return trials;
}

/// Three curves whose averages up to step 2 are 3, 6 and 9, and up to step 3 are 2, 5 and 12.
Log three_curves(double sign = 1.0) {
  Log log;
  log.ended({sign * 4, sign * 2, sign * 0});
  log.ended({sign * 7, sign * 5, sign * 3});
  log.ended({sign * 8, sign * 10, sign * 18});
  return log;
}

const MedianOptions kAtTwo = {.min_trials_required = 3, .start_step = 2};

TEST(MedianStopper, ComparesTheBestSoFarWithTheMedianOfTheAverages) {
  Log log = three_curves();
  log.running({20, 6});  // the median at step 2: not worse
  const TrialId bad = log.running({6.5, 9});
  log.running({1, 100});  // its best is better, whatever came after
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(bad));
  const TrialId late = log.running({9, 8, 5.5});  // the median at step 3 is 5
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(bad, late));
}

TEST(MedianStopper, SaysWhy) {
  Log log = three_curves();
  log.running({6.5, 9});
  log.running({kNan, kInfinity});
  const auto stops = MedianStopper(kAtTwo).find_stops(log.history);
  ASSERT_THAT(stops, SizeIs(2));
  EXPECT_EQ(stops[0].reason, "at step 2: best 6.5 is worse than 6, the median of 3 trials");
  EXPECT_EQ(stops[1].reason, "at step 2: no finite value, against 6, the median of 3 trials");
}

TEST(MedianStopper, MaximisingMirrorsMinimising) {
  Log log = three_curves(-1.0);
  log.running({-20, -6});
  const TrialId bad = log.running({-6.5, -9});
  MedianOptions options = kAtTwo;
  options.direction = Direction::kMaximize;
  EXPECT_THAT(stopped(log.history, options), ElementsAre(bad));
}

TEST(MedianStopper, OfAnEvenNumberTakesTheMiddleOfTheMiddleTwo) {
  Log log = three_curves();
  log.ended({7, 7, 7});  // averages at step 2: 3, 6, 7, 9
  log.running({6.5, 8});
  const TrialId bad = log.running({6.51, 8});
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(bad));
}

TEST(MedianStopper, TakesKatibsMeanWhenAsked) {
  Log log;
  log.ended({1, 1});
  log.ended({2, 2});
  log.ended({9, 9});  // median 2, mean 4
  const TrialId bad = log.running({3, 3});
  MedianOptions options = kAtTwo;
  EXPECT_THAT(stopped(log.history, options), ElementsAre(bad));
  options.takes_mean = true;
  EXPECT_THAT(stopped(log.history, options), IsEmpty());
  const auto worse = log.running({4.5, 5});
  EXPECT_THAT(stopped(log.history, options), ElementsAre(worse));
}

TEST(MedianStopper, WaitsForStartStepReportsAndEnoughTrials) {
  Log log = three_curves();
  log.running({99});
  EXPECT_THAT(stopped(log.history, kAtTwo), IsEmpty());
  const TrialId bad = log.running({99, 98});
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(bad));
  EXPECT_THAT(stopped(log.history, {.min_trials_required = 4, .start_step = 2}), IsEmpty());
  EXPECT_THAT(stopped(log.history, {.min_trials_required = 3, .start_step = 3}), IsEmpty());
}

TEST(MedianStopper, ComparesOnlyWithTrialsThatSucceededAndReportedAsMuch) {
  Log log;
  log.ended({1, 1}, TrialState::kEarlyStopped);
  log.ended({1, 1}, TrialState::kFailed);
  log.ended({1, 1}, TrialState::kKilled);
  log.ended({1});
  log.running({50, 50});
  log.ended({2, 2});
  EXPECT_THAT(stopped(log.history, {.min_trials_required = 2, .start_step = 2}), IsEmpty());
  EXPECT_THAT(stopped(log.history, {.min_trials_required = 1, .start_step = 2}), ElementsAre(4));
}

TEST(MedianStopper, TakesStepsAsTheyAreReported) {
  Log log;
  for (int i = 0; i < 3; ++i) {
    const TrialId trial = log.propose();
    log.report(trial, 100, 5.0);
    log.report(trial, 200, 3.0);  // averages: 5 up to step 199, then 4
    log.history.append(Finished{.trial = trial, .objectives = {3.0}});
  }
  const TrialId between = log.propose();
  log.report(between, 50, 9.0);
  log.report(between, 150, 4.5);
  EXPECT_THAT(stopped(log.history, kAtTwo), IsEmpty());
  log.report(between, 200, 4.5);
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(between));
  const TrialId early = log.propose();  // before anything that could be compared
  log.report(early, 10, 99.0);
  log.report(early, 20, 99.0);
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(between));
}

TEST(MedianStopper, ValuesThatAreNotFiniteCountAsNone) {
  Log log;
  log.ended({kNan, 4, kInfinity});  // average 4 from step 2 on
  log.ended({2, -kInfinity, 4});    // 2, 2, 3
  log.ended({3, 3, 3});
  log.running({kNan, 3});
  const TrialId bad = log.running({kNan, 3.5});
  const TrialId without = log.running({kNan, kNan});
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(bad, without));
}

TEST(MedianStopper, OfOneStepTheLastValueCounts) {
  Log log = three_curves();
  const TrialId again = log.running({1, 1});
  log.report(again, 1, 30);
  log.report(again, 2, 30);
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(again));
  log.history.append(Reported{again, 2, {kNan, 7.0}});  // of a second objective
  EXPECT_THAT(stopped(log.history, kAtTwo), ElementsAre(again));
}

/// The rule as it reads, of the whole history at once.
std::vector<TrialId> stopped_by_definition(const History& history, const MedianOptions& options) {
  const auto values_of = [](const TrialRecord& trial) {
    std::map<std::int64_t, double> values;
    for (const Reported& report : trial.reports) {
      if (std::isfinite(report.objectives[0])) values[report.step] = report.objectives[0];
      values.try_emplace(report.step, kNan);
    }
    return values;
  };
  const auto start = static_cast<std::size_t>(options.start_step);
  std::vector<TrialId> trials;
  for (const TrialRecord& trial : history.trials()) {
    const auto own = values_of(trial);
    if (is_final(trial.state) || own.size() < start) continue;
    const std::int64_t step = own.rbegin()->first;
    double best = kInfinity;
    for (const auto& [at, value] : own) best = std::fmin(best, value);
    std::vector<double> averages;
    for (const TrialRecord& other : history.trials()) {
      const auto values = values_of(other);
      if (other.state != TrialState::kSucceeded || values.size() < start) continue;
      double sum = 0.0;
      int count = 0;
      for (const auto& [at, value] : values) {
        if (at > step || std::isnan(value)) continue;
        sum += value;
        ++count;
      }
      if (count > 0) averages.push_back(sum / count);
    }
    if (averages.size() < static_cast<std::size_t>(options.min_trials_required)) continue;
    std::sort(averages.begin(), averages.end());
    const std::size_t n = averages.size();
    if (best > (averages[(n - 1) / 2] + averages[n / 2]) / 2.0) trials.push_back(trial.id);
  }
  return trials;
}

// One stopper that follows the log, a new one for each position, and the definition.
TEST(MedianStopper, AnswersFromTheLogAloneAtEveryPosition) {
  int num_stops = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    Log log;
    MedianStopper follower(kAtTwo);
    for (int event = 0; event < 120; ++event) {
      std::vector<TrialId> open;
      for (const TrialRecord& trial : log.history.trials()) {
        if (!is_final(trial.state)) open.push_back(trial.id);
      }
      if (open.empty() || (open.size() < 4 && rng.uniform() < 0.2)) {
        log.propose();
      } else if (const TrialId trial = open[rng.index(open.size())]; rng.uniform() < 0.15) {
        const TrialState state =
            rng.uniform() < 0.8 ? TrialState::kSucceeded : TrialState::kEarlyStopped;
        log.history.append(Finished{.trial = trial, .state = state, .objectives = {0.0}});
      } else {
        const double value = rng.uniform() < 0.1 ? kNan : static_cast<double>(rng.index(10));
        log.report(trial, static_cast<std::int64_t>(rng.index(8)), value);
      }
      std::vector<TrialId> followed;
      for (const EarlyStop& stop : follower.find_stops(log.history)) followed.push_back(stop.trial);
      ASSERT_EQ(followed, stopped(log.history, kAtTwo));
      ASSERT_EQ(followed, stopped_by_definition(log.history, kAtTwo));
      num_stops += static_cast<int>(followed.size());
    }
    // The follower knows what came later, and must not show it.
    const History prefix = log.history.prefix(60);
    EXPECT_EQ(follower.find_stops(prefix), MedianStopper(kAtTwo).find_stops(prefix));
  }
  EXPECT_GT(num_stops, 100);
}

TEST(MakeEarlyStopper, ChecksSettingsInKatibsWords) {
  const auto message = [](const Settings& settings) {
    const auto problems = validate_early_stopping("medianstop", settings);
    return problems.size() == 1 ? problems.front().message : "";
  };
  EXPECT_THAT(validate_early_stopping("medianstop", {}), IsEmpty());
  EXPECT_THAT(
      validate_early_stopping(
          "medianstop", {{"min_trials_required", "1"}, {"start_step", "1"}, {"statistic", "mean"}}),
      IsEmpty());
  EXPECT_EQ(message({{"min_trials_required", "0"}}),
            "min_trials_required must be greater than zero (>0)");
  EXPECT_EQ(message({{"start_step", "0"}}), "start_step must be greater or equal than one (>=1)");
  EXPECT_THAT(message({{"start_step", "two"}}), HasSubstr("failed to validate start_step(two)"));
  EXPECT_EQ(message({{"step", "2"}}), "unknown setting step for algorithm medianstop");
  EXPECT_EQ(message({{"statistic", "mode"}}), "statistic must be median or mean");
  EXPECT_EQ(validate_early_stopping("median", {}).front().message, "unknown algorithm name median");
  EXPECT_THROW(make_early_stopper("medianstop", {{"start_step", "0"}}, Direction::kMinimize),
               Error);
  EXPECT_THAT(make_early_stopper("medianstop", {}, Direction::kMinimize)->find_stops(History()),
              IsEmpty());
}

}  // namespace
}  // namespace mimar::hpo
