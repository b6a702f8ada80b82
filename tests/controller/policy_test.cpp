#include "controller/policy.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/utils.h>

#include <cmath>
#include <memory>

#include "base/error.h"
#include "tests/support/spaces.h"

namespace mimar::controller {
namespace {

std::shared_ptr<const DecisionPlan> make_plan() {
  return std::make_shared<const DecisionPlan>(
      space::SearchSpace({spaces::choice("op", {"a", "b", "c", "d"}),
                          spaces::real("lr", 1e-4, 1.0, space::Distribution::kLogUniform),
                          spaces::when(spaces::real("momentum", 0.0, 1.0), "op", {"a", "b"})}));
}

Outcome cost(double value) { return {.costs = {value}}; }

/// Least at op = b, lr = 1e-2, momentum = 0.9.
double loss(const space::Assignment& assignment) {
  const double lr = std::log10(std::get<double>(assignment.at("lr"))) + 2.0;
  double value = lr * lr + (assignment.at("op") == space::Value("b") ? 0.0 : 2.0);
  if (const auto momentum = assignment.find("momentum"); momentum != assignment.end()) {
    value += std::abs(std::get<double>(momentum->second) - 0.9);
  }
  return value;
}

Draw draw(const Policy& policy, std::uint64_t seed, std::uint64_t number) {
  std::vector<Rng> rngs = {Rng(seed, number)};
  return policy.network().draw(rngs).front();
}

/// Lets a policy learn from its own draws; returns the mean loss of its next 50 draws.
double search(const PolicyOptions& options, std::uint64_t seed, int num_trials) {
  Policy policy(make_plan(), options, seed);
  for (int i = 0; i < num_trials; ++i) {
    const Draw next = draw(policy, seed, static_cast<std::uint64_t>(i));
    policy.learn({next.assignment, cost(loss(next.assignment)), next.log_probability});
  }
  double total = 0.0;
  for (std::uint64_t i = 0; i < 50; ++i) total += loss(draw(policy, seed + 100, i).assignment);
  return total / 50;
}

double mean_over_seeds(const PolicyOptions& options, int num_trials) {
  double total = 0.0;
  for (std::uint64_t seed = 0; seed < 3; ++seed) total += search(options, seed, num_trials);
  return total / 3;
}

TEST(Policy, LearnsWhatIsGood) {
  // Untrained the mean is (4/3 over the log scale) + 1.5 + about 0.2: near 3.
  EXPECT_GT(mean_over_seeds({}, 0), 2.3);
  EXPECT_LT(mean_over_seeds({}, 200), 1.3);
}

TEST(Policy, LearnsByPpoToo) {
  EXPECT_LT(mean_over_seeds({.gradient = PolicyGradient::kPpo, .train_steps = 2}, 200), 1.5);
}

TEST(Policy, ARewardBelongsToItsProposalInWhateverOrderTrialsFinish) {
  const Policy fresh(make_plan(), {}, 3);
  const space::Assignment good = {{"op", "c"}, {"lr", 0.01}};
  const space::Assignment bad = {{"op", "d"}, {"lr", 0.5}};
  const std::vector<space::Assignment> both = {good, bad};
  const torch::Tensor before = fresh.network().score(both).log_probability.detach();
  for (const bool good_first : {true, false}) {
    Policy policy(make_plan(), {}, 3);
    for (int i = 0; i < 10; ++i) {
      policy.learn({good_first ? good : bad, cost(good_first ? 0.0 : 1.0)});
      policy.learn({good_first ? bad : good, cost(good_first ? 1.0 : 0.0)});
    }
    const torch::Tensor change = policy.network().score(both).log_probability.detach() - before;
    EXPECT_GT(change[0].item<double>(), 0.1);
    EXPECT_LT(change[1].item<double>(), -0.1);
  }
}

TEST(Policy, AFailedTrialTeachesToo) {
  Policy policy(make_plan(), {}, 3);
  const space::Assignment failing = {{"op", "d"}, {"lr", 0.5}};
  policy.learn({{{"op", "c"}, {"lr", 0.01}}, cost(1.0)});
  const double before = policy.network().score({&failing, 1}).log_probability.item<double>();
  for (int i = 0; i < 3; ++i) policy.learn({failing, {}});
  EXPECT_LT(policy.network().score({&failing, 1}).log_probability.item<double>(), before);
}

TEST(Policy, AConstantRewardChangesNothing) {
  Policy policy(make_plan(), {.skip_weight = 0.0}, 3);
  const torch::Tensor before = policy.network().weights().values().clone();
  for (std::uint64_t i = 0; i < 20; ++i) {
    policy.learn({draw(policy, 1, i).assignment, cost(7.0)});
  }
  EXPECT_TRUE(policy.network().weights().values().equal(before));
}

TEST(Policy, TheSameTrialsInTheSameOrderMakeTheSamePolicy) {
  Policy first(make_plan(), {}, 3);
  Policy second(make_plan(), {}, 3);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Draw next = draw(first, 1, i);
    const Experience experience{next.assignment, cost(loss(next.assignment)), next.log_probability};
    first.learn(experience);
    second.learn(experience);
  }
  EXPECT_TRUE(first.network().weights().values().equal(second.network().weights().values()));
  EXPECT_EQ(first.status().num_updates, 20);
}

TEST(Policy, ALateTrialWeighsNoMoreThanTheLimit) {
  // A proposal that was nearly impossible when it was made, and is likely now.
  const auto step_size = [](double log_probability) {
    Policy policy(make_plan(), {.adam = {.learning_rate = 1e-3}}, 3);
    policy.learn({{{"op", "d"}, {"lr", 0.5}}, cost(1.0)});
    policy.learn({{{"op", "c"}, {"lr", 0.01}}, cost(0.0), log_probability});
    return policy.network().weights().gradients().abs().sum().item<double>();
  };
  EXPECT_NEAR(step_size(-1000.0), step_size(-100.0), 1e-9);
  EXPECT_LT(step_size(0.0), step_size(-100.0));
}

TEST(Policy, RejectsOptionsOutOfRange) {
  EXPECT_THROW(Policy(make_plan(), {.train_steps = 0}, 1), Error);
  EXPECT_THROW(Policy(make_plan(), {.baseline_decay = 1.5}, 1), Error);
  EXPECT_THROW(Policy(make_plan(), {.adam = {.learning_rate = 0.0}}, 1), Error);
}

}  // namespace
}  // namespace mimar::controller
