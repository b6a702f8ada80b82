#include "controller/batch_policy.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/spaces.h"

namespace mimar::controller {
namespace {

std::shared_ptr<const DecisionPlan> make_plan() {
  return std::make_shared<const DecisionPlan>(
      space::SearchSpace({spaces::choice("a", {"x", "y", "z"}), spaces::choice("b", {"x", "y"})}));
}

PolicyOptions plain(double learning_rate = 0.01) {
  return {.network = {.hidden_size = 8},
          .adam = {.learning_rate = learning_rate},
          .baseline_decay = 0.9,
          .entropy_weight = 0.0,
          .skip_weight = 0.0};
}

std::vector<space::Assignment> draw(const BatchPolicy& policy, std::uint64_t stream, int count) {
  std::vector<Rng> rngs;
  for (int i = 0; i < count; ++i) rngs.emplace_back(9, stream, static_cast<std::uint64_t>(i));
  std::vector<space::Assignment> drawn;
  for (Draw& one : policy.network().draw(rngs)) drawn.push_back(std::move(one.assignment));
  return drawn;
}

TEST(BatchPolicy, TakesTheExactGradientOfItsLoss) {
  // Adam's first step moves every weight by the learning rate against the sign of its gradient.
  BatchPolicy policy(make_plan(), plain(), 1);
  const std::vector<space::Assignment> batch = {{{"a", "x"}, {"b", "y"}}, {{"a", "z"}, {"b", "x"}}};
  PolicyNetwork copy(make_plan(), plain().network, 1);
  const torch::Tensor advantages = at::tensor({-0.5F, 0.5F});  // the first batch sets the baseline
  copy.weights().clear_gradients();
  (-(advantages * copy.score(batch).log_probability).mean()).backward();
  const torch::Tensor start = copy.weights().values().detach().clone();
  const std::vector<double> rewards = {0.25, 1.25};
  policy.learn(batch, rewards);
  const torch::Tensor moved = policy.network().weights().values().detach() - start;
  const torch::Tensor gradient = copy.weights().gradients();
  const torch::Tensor clear = gradient.abs() > 1e-5;
  EXPECT_GT(clear.sum().item<std::int64_t>(), 50);
  EXPECT_TRUE(at::allclose(moved.masked_select(clear), -0.01 * gradient.masked_select(clear).sign(),
                           1e-2, 1e-5));
  EXPECT_DOUBLE_EQ(*policy.baseline(), 0.75);
}

TEST(BatchPolicy, AConstantRewardTeachesNothing) {
  BatchPolicy policy(make_plan(), plain(), 4);
  const torch::Tensor before = policy.network().weights().values().detach().clone();
  const std::vector<double> rewards(6, 0.7);
  for (std::uint64_t i = 0; i < 20; ++i) policy.learn(draw(policy, i, 6), rewards);
  // What is left are the roundings of the average, which Adam's epsilon keeps small.
  EXPECT_TRUE(at::allclose(policy.network().weights().values().detach(), before, 0.0, 1e-6));
}

TEST(BatchPolicy, ComesToPreferWhatPays) {
  BatchPolicy policy(make_plan(), plain(), 4);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto batch = draw(policy, i, 8);
    std::vector<double> rewards;
    for (const space::Assignment& assignment : batch) {
      rewards.push_back(assignment.at("a") == space::Value("y") ? 1.0 : 0.0);
    }
    policy.learn(batch, rewards);
  }
  const auto probabilities = policy.network().probabilities({{"a", "y"}, {"b", "x"}});
  EXPECT_GT(probabilities[0][1], 0.8);
}

TEST(BatchPolicy, GoesOnFromItsState) {
  BatchPolicy policy(make_plan(), plain(), 4);
  const std::vector<double> rewards = {0.1, 0.9, 0.5};
  policy.learn(draw(policy, 0, 3), rewards);
  BatchPolicy other(make_plan(), plain(), 5);
  other.restore(policy.state());
  EXPECT_EQ(other.baseline(), policy.baseline());
  for (BatchPolicy* each : {&policy, &other}) each->learn(draw(policy, 1, 3), rewards);
  EXPECT_TRUE(other.network().weights().values().equal(policy.network().weights().values()));
  EXPECT_THROW(other.restore({at::zeros({3}), at::zeros({3}), at::zeros({3}), at::zeros({2})}),
               Error);
  EXPECT_THROW(policy.learn({}, {}), Error);
}

}  // namespace
}  // namespace mimar::controller
