#include "hpo/one_shot_sampler.h"

#include <gmock/gmock.h>

#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

using testing::SizeIs;

History after(const std::vector<TrialState>& states) {
  History history;
  for (const TrialState state : states) {
    const TrialId number = history.next_number();
    history.append(Proposed{});
    if (state != TrialState::kPending) history.append(Finished{.trial = number, .state = state});
  }
  return history;
}

TEST(OneShotSampler, WithoutParametersEachTrialIsTheSearchAgain) {
  OneShotSampler sampler(
      {.space = space::SearchSpace(std::vector<space::Parameter>{}), .max_trials = 4});
  EXPECT_THAT(sampler.propose({}, 10), SizeIs(4));
  EXPECT_THAT(sampler.propose(after({TrialState::kFailed, TrialState::kPending}), 10), SizeIs(2));
  EXPECT_THAT(sampler.propose(after({4, TrialState::kSucceeded}), 1), SizeIs(0));
}

TEST(OneShotSampler, WithoutALimitOneGoodSearchIsEnough) {
  OneShotSampler sampler({.space = space::SearchSpace(std::vector<space::Parameter>{})});
  EXPECT_THAT(sampler.propose({}, 10), SizeIs(1));
  EXPECT_THAT(sampler.propose(after({TrialState::kPending}), 1), SizeIs(0));
  EXPECT_THAT(sampler.propose(after({TrialState::kFailed}), 1), SizeIs(1));
  EXPECT_THAT(sampler.propose(after({TrialState::kFailed, TrialState::kSucceeded}), 1), SizeIs(0));
}

TEST(OneShotSampler, ProposesTheSearchsParameters) {
  OneShotSampler sampler({.space = spaces::tiny(), .max_trials = 4});
  const auto proposals = sampler.propose({}, 3);
  ASSERT_THAT(proposals, SizeIs(3));
  for (const Proposal& proposal : proposals) {
    EXPECT_TRUE(spaces::tiny().contains(proposal.assignment));
    EXPECT_FALSE(proposal.replicate);
  }
}

}  // namespace
}  // namespace mimar::hpo
