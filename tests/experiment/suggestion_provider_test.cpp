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
