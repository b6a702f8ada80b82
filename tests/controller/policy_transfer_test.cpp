#include "controller/policy_transfer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/utils.h>

#include <limits>
#include <memory>

#include "base/error.h"
#include "space/graph_space.h"
#include "tests/support/spaces.h"

namespace mimar::controller {
namespace {

std::shared_ptr<const DecisionPlan> plan_of(std::vector<space::Parameter> parameters) {
  return std::make_shared<const DecisionPlan>(space::SearchSpace(std::move(parameters)));
}

/// A policy that has learned a little from random trials.
Policy trained(std::shared_ptr<const DecisionPlan> plan, std::uint64_t seed) {
  Policy policy(plan, {.network = {.hidden_size = 8}}, seed);
  for (std::uint64_t i = 0; i < 10; ++i) {
    Rng rng(seed, i);
    policy.learn({plan->space().sample(rng), {.costs = {rng.uniform()}}});
  }
  return policy;
}

Policy fresh(std::shared_ptr<const DecisionPlan> plan) {
  return {std::move(plan), {.network = {.hidden_size = 8}}, 99};
}

TEST(PolicyTransfer, APolicyLoadsIntoItsOwnSpaceWhole) {
  for (const space::SearchSpace& space :
       {spaces::one_of_each_kind(), space::SearchSpace(space::expand(space::CellSpace{})),
        space::SearchSpace(space::expand(space::MacroSpace{.num_layers = 4}))}) {
    const auto plan = std::make_shared<const DecisionPlan>(space);
    const Policy before = trained(plan, 1);
    Policy after = fresh(plan);
    const Coverage coverage = load(parse_saved_policy(to_bytes(save(before, 1))), after);
    EXPECT_DOUBLE_EQ(coverage.share(), 1.0);
    EXPECT_TRUE(after.network().weights().values().equal(before.network().weights().values()));
    EXPECT_TRUE(after.adam().first_moments().equal(before.adam().first_moments()));
    EXPECT_TRUE(after.adam().second_moments().equal(before.adam().second_moments()));
    EXPECT_EQ(after.adam().num_steps(), before.adam().num_steps());
  }
}

TEST(PolicyTransfer, MatchesChoicesByNameAndReportsTheCoverage) {
  const Policy before =
      trained(plan_of({spaces::choice("op", {"a", "b", "c"}), spaces::real("lr", 0.0, 1.0)}), 1);
  const auto grown = plan_of({spaces::choice("width", {"8", "16"}),
                              spaces::choice("op", {"c", "d", "a"}), spaces::real("lr", 0.0, 1.0)});
  Policy after = fresh(grown);
  const Policy untouched = fresh(grown);
  const Coverage coverage = load(save(before, 1), after);
  // width 2 + op 3 + lr 8 + 4 choices; known are c, a and all of lr.
  EXPECT_EQ(coverage.num_choices, 17);
  EXPECT_EQ(coverage.num_matched, 14);
  const FlatWeights& old_weights = before.network().weights();
  const FlatWeights& weights = after.network().weights();
  EXPECT_TRUE(weights.at("op.head")[0].equal(old_weights.at("op.head")[2]));  // c
  EXPECT_TRUE(weights.at("op.head")[2].equal(old_weights.at("op.head")[0]));  // a
  EXPECT_TRUE(weights.at("op.head")[1].equal(untouched.network().weights().at("op.head")[1]));
  EXPECT_TRUE(weights.at("width.head").equal(untouched.network().weights().at("width.head")));
  EXPECT_TRUE(weights.at("lstm.input").equal(old_weights.at("lstm.input")));
}

TEST(PolicyTransfer, RejectsWhatDoesNotFit) {
  const auto plan = plan_of({spaces::choice("op", {"a", "b"})});
  const SavedPolicy saved = save(trained(plan, 1), 1);
  Policy wider(plan, {.network = {.hidden_size = 9}}, 1);
  EXPECT_THROW(load(saved, wider), Error);
  Policy policy = fresh(plan);
  SavedPolicy lacking = saved;
  lacking.tensors.pop_back();
  EXPECT_THROW(load(lacking, policy), Error);
  SavedPolicy misshapen = saved;
  misshapen.tensors[0].shape = {4};
  misshapen.tensors[0].values.resize(4);
  EXPECT_THROW(load(misshapen, policy), Error);
  SavedPolicy poisoned = saved;
  poisoned.tensors[0].values[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(load(poisoned, policy), Error);
}

}  // namespace
}  // namespace mimar::controller
