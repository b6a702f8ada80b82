#include "experiment/suggestion_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/make_experiment.h"

namespace mimar::experiment {
namespace {

using testing::Contains;
using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::make_experiment;

/// Random search over lr, optimizer, and momentum under sgd.
Experiment with_condition() {
  Experiment experiment = make_experiment();
  experiment.spec.parameters.push_back(
      {"optimizer", space::CategoricalDomain{{"sgd", "adamw"}}, {}, {}, {}});
  experiment.spec.parameters.push_back({"momentum",
                                        space::RealDomain{0.5, 0.99, {}, {}},
                                        {{{{"optimizer", space::Clause::Op::kIn, {"sgd"}}}}},
                                        {},
                                        {}});
  return experiment;
}

std::vector<space::Assignment> propose(const Experiment& experiment, const hpo::History& history,
                                       int count) {
  std::vector<space::Assignment> assignments;
  for (auto& proposal : make_sampler_provider(experiment)->propose(history, count)) {
    assignments.push_back(std::move(proposal.assignment));
  }
  return assignments;
}

TEST(SuggestionProvider, PutsInitialPointsOverTheFirstProposals) {
  Experiment experiment = with_condition();
  experiment.spec.initial_points = {{{"lr", "0.25"}, {"optimizer", "sgd"}},
                                    {{"optimizer", "adamw"}}};
  const space::SearchSpace space = search_space(experiment.spec);
  const auto proposals = propose(experiment, {}, 4);
  ASSERT_THAT(proposals, SizeIs(4));
  EXPECT_THAT(proposals, Each(testing::Truly([&](const auto& a) { return space.contains(a); })));
  EXPECT_EQ(proposals[0].at("lr"), space::Value(0.25));
  EXPECT_EQ(proposals[0].at("optimizer"), space::Value("sgd"));
  EXPECT_TRUE(proposals[0].contains("momentum"));  // nobody gave it, so it was drawn
  EXPECT_EQ(proposals[1].at("optimizer"), space::Value("adamw"));
  EXPECT_FALSE(proposals[1].contains("momentum"));
  experiment.spec.initial_points.clear();
  EXPECT_EQ(proposals[3], propose(experiment, {}, 4)[3]);
}

EnqueuedTrial given(GivenValues values) {
  return {.id = 0, .given = std::move(values), .retry_of = {}};
}

void append(hpo::History& history, const hpo::Proposal& proposal) {
  hpo::Proposed event;
  event.assignment = proposal.assignment;
  event.labels = proposal.labels;
  history.append(event);
}

TEST(SuggestionProvider, PutsAUsersValuesOverTheNextProposal) {
  const Experiment experiment = with_condition();
  const auto provider = make_sampler_provider(experiment);
  hpo::History history;
  const auto own = provider->propose(history, 1).front().assignment;
  const auto proposal =
      provider->propose_enqueued(history, given({{"optimizer", "sgd"}, {"momentum", "0.75"}}));
  EXPECT_EQ(proposal.assignment.at("optimizer"), space::Value("sgd"));
  EXPECT_EQ(proposal.assignment.at("momentum"), space::Value(0.75));
  EXPECT_EQ(proposal.assignment.at("lr"), own.at("lr"));
  EXPECT_TRUE(is_from_user(proposal.labels));

  // What it was made from is told by its labels, so it can be made again.
  const auto told = find_enqueued(proposal.labels);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(make_sampler_provider(experiment)->propose_enqueued(history, *told), proposal);
  append(history, proposal);
  EXPECT_EQ(provider->propose(history, 1), make_sampler_provider(experiment)->propose(history, 1));
}

TEST(SuggestionProvider, RepeatsATrialWithAllThatTheAlgorithmSaidOfIt) {
  const auto provider = make_sampler_provider(with_condition());
  hpo::History history;
  hpo::Proposed event;
  event.assignment = {{"lr", 0.5}, {"optimizer", "adamw"}};
  event.budget = 9.0;
  event.labels = {{"rung", "2"}};
  history.append(event);
  const auto again = provider->propose_enqueued(history, {.id = 0, .given = {}, .retry_of = 0});
  EXPECT_EQ(again.assignment, event.assignment);
  EXPECT_EQ(again.budget, 9.0);
  EXPECT_TRUE(again.replicate);
  EXPECT_EQ(again.labels, (hpo::Labels{{"rung", "2"}, {kRetryLabel, "0"}}));
  EXPECT_EQ(find_enqueued(again.labels)->retry_of, 0);
}

TEST(SuggestionProvider, AUsersTrialTakesNoInitialPointsPlace) {
  Experiment experiment = with_condition();
  experiment.spec.initial_points = {{{"lr", "0.25"}}, {{"lr", "0.5"}}};
  const auto provider = make_sampler_provider(experiment);
  hpo::History history;
  append(history, provider->propose_enqueued(history, given({{"lr", "0.125"}})));
  EXPECT_EQ(history.trials()[0].assignment.at("lr"), space::Value(0.125));
  const auto next = propose(experiment, history, 2);
  EXPECT_EQ(next[0].at("lr"), space::Value(0.25));
  EXPECT_EQ(next[1].at("lr"), space::Value(0.5));
}

TEST(SuggestionProvider, DrawsTheRestWhenTheAlgorithmIsAtItsEnd) {
  Experiment experiment = make_experiment();
  experiment.spec.algorithm.name = "grid";
  experiment.spec.max_trial_count = 1;
  experiment.spec.parameters = {{"colour", space::CategoricalDomain{{"red"}}, {}, {}, {}},
                                {"size", space::IntegerDomain{3, 3}, {}, {}, {}}};
  const auto provider = make_sampler_provider(experiment);
  hpo::History history;
  append(history, provider->propose(history, 1).front());
  ASSERT_THAT(provider->propose(history, 1), IsEmpty());
  EXPECT_EQ(provider->propose_enqueued(history, given({{"colour", "red"}})).assignment,
            history.trials()[0].assignment);
}

TEST(SuggestionProvider, AnswersTheSameAgainAndFromAPrefix) {
  Experiment experiment = with_condition();
  experiment.spec.initial_points = {{{"lr", "0.25"}}, {{"lr", "0.5"}}};
  const auto all = propose(experiment, {}, 3);
  EXPECT_EQ(all, propose(experiment, {}, 3));
  hpo::History history;
  hpo::Proposed first;
  first.assignment = all[0];
  history.append(first);
  EXPECT_EQ(propose(experiment, history, 1)[0].at("lr"), space::Value(0.5));
}

TEST(SuggestionProvider, ABatchHoldsNoInitialPointTwice) {
  Experiment experiment = make_experiment();
  experiment.spec.algorithm.name = "grid";
  experiment.spec.max_trial_count = 3;
  const std::vector<std::string> colours = {"red", "green", "blue"};
  experiment.spec.parameters = {{"colour", space::CategoricalDomain{colours}, {}, {}, {}}};
  for (const std::string& colour : colours) {
    experiment.spec.initial_points = {{{"colour", colour}}};
    const auto proposals = propose(experiment, {}, 5);
    EXPECT_EQ(proposals.at(0).at("colour"), space::Value(colour));
    ASSERT_THAT(proposals, SizeIs(3));
    for (const std::string& each : colours) {
      EXPECT_THAT(proposals, Contains(space::Assignment{{"colour", each}}));
    }
  }
}

TEST(SuggestionProvider, RejectsUnknownNamesAndValues) {
  Experiment experiment = with_condition();
  experiment.spec.initial_points = {{{"learning-rate", "0.25"}}};
  EXPECT_THROW(propose(experiment, {}, 1), Error);
  experiment.spec.initial_points = {{{"optimizer", "lion"}}};
  EXPECT_THROW(propose(experiment, {}, 1), Error);
  experiment.spec.initial_points.clear();
  EXPECT_THAT(propose(experiment, {}, 0), IsEmpty());
}

}  // namespace
}  // namespace mimar::experiment
