#include "controller/controller.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/spaces.h"

namespace mimar::controller {
namespace {

space::SearchSpace make_space() {
  return space::SearchSpace({spaces::choice("op", {"a", "b", "c", "d", "e"}),
                             spaces::choice("activation", {"relu", "tanh", "gelu"}),
                             spaces::whole("layers", 1, 6)});
}

double loss(const space::Assignment& assignment) {
  const auto layers = static_cast<double>(std::get<std::int64_t>(assignment.at("layers")));
  return (assignment.at("op") == space::Value("d") ? 0.0 : 3.0) +
         (assignment.at("activation") == space::Value("gelu") ? 0.0 : 1.0) +
         0.1 * (layers - 4.0) * (layers - 4.0);
}

/// Trial after trial, each from the first candidate.
std::vector<Candidate> search(Controller& controller, int num_trials) {
  std::vector<Candidate> trials;
  for (int number = 0; number < num_trials; ++number) {
    trials.push_back(controller.draw(number, 0, 4).front());
    const Candidate& trial = trials.back();
    controller.learn({trial.assignment,
                      {.costs = {loss(trial.assignment)}},
                      trial.log_probability,
                      trial.author});
  }
  return trials;
}

SavedPolicy trained_elsewhere() {
  Controller controller({.space = make_space(), .seed = 1});
  search(controller, 60);
  return controller.saved();
}

TEST(Controller, WithoutReuseEveryProposalIsCold) {
  Controller controller({.space = make_space(), .seed = 4});
  EXPECT_THAT(search(controller, 12),
              testing::Each(testing::Field(&Candidate::author, Author::kCold)));
  EXPECT_FALSE(controller.coverage());
}

TEST(Controller, AReusedPolicyBeginsWithItsBestTrials) {
  const SavedPolicy saved = trained_elsewhere();
  Controller controller(
      {.space = make_space(), .options = saved.options, .seed = 2, .reused = saved});
  const std::vector<Candidate> trials = search(controller, 3);
  double best = 1e9;
  for (const SavedTrial& trial : saved.history) best = std::min(best, trial.outcome.costs[0]);
  EXPECT_EQ(loss(trials[0].assignment), best);
  EXPECT_LE(loss(trials[0].assignment), loss(trials[1].assignment));
  EXPECT_DOUBLE_EQ(controller.coverage()->share(), 1.0);
}

TEST(Controller, WhatItDrawsFollowsFromTheFinishedTrialsAlone) {
  const SavedPolicy saved = trained_elsewhere();
  const ControllerSetup setup{
      .space = make_space(), .options = saved.options, .seed = 2, .reused = saved};
  Controller first(setup);
  const std::vector<Candidate> trials = search(first, 15);
  Controller second(setup);
  for (int number = 0; number < 15; ++number) {
    const Candidate& trial = trials[static_cast<std::size_t>(number)];
    const Candidate again = second.draw(number, 0, 4).front();
    EXPECT_EQ(again.assignment, trial.assignment);
    EXPECT_EQ(again.log_probability, trial.log_probability);
    second.learn({trial.assignment,
                  {.costs = {loss(trial.assignment)}},
                  trial.log_probability,
                  trial.author});
  }
  EXPECT_EQ(first.saved(), second.saved());
}

TEST(Controller, AFrozenPolicyIsUsedAndNotTrained) {
  const SavedPolicy saved = trained_elsewhere();
  Controller controller({.space = make_space(),
                         .options = saved.options,
                         .seed = 2,
                         .reused = saved,
                         .freeze = true});
  EXPECT_THAT(search(controller, 12),
              testing::Each(testing::Field(&Candidate::author, Author::kReused)));
  EXPECT_EQ(controller.saved().tensors, saved.tensors);
  EXPECT_THROW(Controller({.space = make_space(), .freeze = true}), Error);
}

TEST(Controller, AnotherRoundGivesOtherCandidates) {
  const Controller controller({.space = make_space(), .seed = 4});
  EXPECT_NE(controller.draw(0, 0, 8).front().assignment,
            controller.draw(0, 1, 8).front().assignment);
  EXPECT_EQ(controller.draw(0, 0, 8).size(), 8U);
}

}  // namespace
}  // namespace mimar::controller
