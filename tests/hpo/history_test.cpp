#include "hpo/history.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::hpo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Proposed make_proposed(double x) { return {.assignment = {{"x", x}}, .labels = {{"rung", "0"}}}; }

History make_history() {
  History history;
  history.append(make_proposed(0.1));
  history.append(make_proposed(0.2));
  history.append(Reported{.trial = 1, .step = 3, .objectives = {0.7}});
  history.append(Finished{.trial = 1, .objectives = {0.5}, .constraints = {-1.0}});
  history.append(Finished{.trial = 0, .state = TrialState::kFailed});
  return history;
}

TEST(History, GathersEachTrialFromItsEvents) {
  const History history = make_history();
  ASSERT_EQ(history.trials().size(), 2U);
  const TrialRecord& trial = history.trial(1);
  EXPECT_EQ(trial.id, 1);
  EXPECT_EQ(trial.state, TrialState::kSucceeded);
  EXPECT_EQ(std::get<double>(trial.assignment.at("x")), 0.2);
  EXPECT_THAT(trial.objectives, testing::ElementsAre(0.5));
  EXPECT_EQ(trial.reports.size(), 1U);
  EXPECT_EQ(trial.labels.at("rung"), "0");
  EXPECT_EQ(trial.finished_at, 3U);
  EXPECT_EQ(history.trial(0).state, TrialState::kFailed);
  EXPECT_EQ(history.next_number(), 2);
}

TEST(History, RefusesEventsOfUnknownOrEndedTrials) {
  History history = make_history();
  const std::size_t size = history.size();
  EXPECT_THROW(history.append(Finished{.trial = 2, .objectives = {1.0}}), Error);
  EXPECT_THROW(history.append(Finished{.trial = -1, .objectives = {1.0}}), Error);
  EXPECT_THROW(history.append(Finished{.trial = 1, .objectives = {1.0}}), Error);
  EXPECT_THROW(history.append(Reported{.trial = 0, .step = 1, .objectives = {1.0}}), Error);
  history.append(make_proposed(0.3));
  EXPECT_THROW(history.append(Finished{.trial = 2, .state = TrialState::kPending}), Error);
  EXPECT_EQ(history.size(), size + 1);
}

TEST(History, PrefixIsTheHistoryAsItWas) {
  const History whole = make_history();
  History replayed;
  for (std::size_t position = 0; position <= whole.size(); ++position) {
    const History prefix = whole.prefix(position);
    EXPECT_EQ(prefix.size(), position);
    EXPECT_TRUE(std::ranges::equal(prefix.trials(), replayed.trials()));
    EXPECT_EQ(prefix.digest(position), whole.digest(position));
    if (position < whole.size()) replayed.append(whole.events()[position]);
  }
  EXPECT_THROW(whole.prefix(whole.size() + 1), Error);
}

TEST(History, DigestTellsHistoriesApart) {
  const History whole = make_history();
  History other = whole.prefix(3);
  EXPECT_EQ(other.digest(3), whole.digest(3));
  other.append(Finished{.trial = 1, .objectives = {0.5000001}, .constraints = {-1.0}});
  EXPECT_NE(other.digest(4), whole.digest(4));
  EXPECT_THROW(other.digest(5), Error);
  EXPECT_NE(digest(space::Assignment{{"x", 1.0}}),
            digest(space::Assignment{{"x", std::int64_t{1}}}));
  EXPECT_EQ(digest(space::Assignment{{"x", 0.0}}), digest(space::Assignment{{"x", -0.0}}));
}

}  // namespace
}  // namespace mimar::hpo
