#include "controller/policy_network.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/utils.h>

#include <cmath>
#include <map>
#include <memory>

#include "base/error.h"
#include "space/graph_space.h"
#include "tests/support/spaces.h"

namespace mimar::controller {
namespace {

PolicyNetwork make_network(const space::SearchSpace& space, NetworkOptions options = {},
                           std::uint64_t seed = 5) {
  return {std::make_shared<const DecisionPlan>(space), std::move(options), seed};
}

std::vector<Rng> make_rngs(std::size_t count, std::uint64_t seed = 9) {
  std::vector<Rng> rngs;
  for (std::size_t i = 0; i < count; ++i) rngs.emplace_back(seed, i);
  return rngs;
}

std::vector<space::SearchSpace> spaces_to_try() {
  return {spaces::one_of_each_kind(), spaces::conditional_tree(),
          space::SearchSpace(space::expand(space::CellSpace{})),
          space::SearchSpace(space::expand(space::CellSpace{.kind = space::CellKind::kEnasMicro})),
          space::SearchSpace(space::expand(space::MacroSpace{.num_layers = 5}))};
}

/// Two nodes with three operations each, the second only after "b" or "c".
space::SearchSpace tiny() {
  return space::SearchSpace(
      {spaces::choice("first", {"a", "b", "c"}),
       spaces::when(spaces::choice("second", {"x", "y", "z"}), "first", {"b", "c"})});
}

/// All seven assignments of tiny().
std::vector<space::Assignment> all_of_tiny() {
  std::vector<space::Assignment> all = {{{"first", "a"}}};
  for (const char* first : {"b", "c"}) {
    for (const char* second : {"x", "y", "z"})
      all.push_back({{"first", first}, {"second", second}});
  }
  return all;
}

TEST(PolicyNetwork, ScoresADrawAsLikelyAsItWas) {
  for (const space::SearchSpace& space : spaces_to_try()) {
    const PolicyNetwork network = make_network(space);
    std::vector<Rng> rngs = make_rngs(32);
    const std::vector<Draw> draws = network.draw(rngs);
    std::vector<space::Assignment> assignments;
    for (const Draw& draw : draws) {
      ASSERT_TRUE(space.contains(draw.assignment));
      assignments.push_back(draw.assignment);
    }
    const torch::Tensor scored = network.score(assignments).log_probability;
    for (std::size_t i = 0; i < draws.size(); ++i) {
      const double own = scored[static_cast<std::int64_t>(i)].item<double>();
      EXPECT_NEAR(own, draws[i].log_probability, 1e-6 * std::max(1.0, std::abs(own)) + 2e-6);
    }
  }
}

TEST(PolicyNetwork, ARowDoesNotDependOnTheOthers) {
  for (const space::SearchSpace& space : spaces_to_try()) {
    const PolicyNetwork network = make_network(space);
    std::vector<Rng> rngs = make_rngs(8);
    std::vector<space::Assignment> assignments;
    for (const Draw& draw : network.draw(rngs)) assignments.push_back(draw.assignment);
    const Scores together = network.score(assignments);
    for (std::int64_t i = 0; i < 8; ++i) {
      const Scores alone = network.score({&assignments[static_cast<std::size_t>(i)], 1});
      EXPECT_NEAR(alone.log_probability.item<double>(), together.log_probability[i].item<double>(),
                  2e-5);
      EXPECT_NEAR(alone.entropy.item<double>(), together.entropy[i].item<double>(), 2e-5);
    }
  }
}

TEST(PolicyNetwork, ProbabilitiesOfASmallSpaceAddUpToOne) {
  const PolicyNetwork network = make_network(tiny());
  const std::vector<space::Assignment> all = all_of_tiny();
  EXPECT_NEAR(network.score(all).log_probability.exp().sum().item<double>(), 1.0, 1e-6);
}

TEST(PolicyNetwork, DrawsAsOftenAsItSays) {
  const PolicyNetwork network = make_network(tiny(), {}, 11);
  std::map<space::Assignment, int> counts;
  constexpr int kDraws = 20000;
  for (std::uint64_t block = 0; block < 20; ++block) {
    std::vector<Rng> rngs = make_rngs(kDraws / 20, block);
    for (const Draw& draw : network.draw(rngs)) ++counts[draw.assignment];
  }
  const std::vector<space::Assignment> all = all_of_tiny();
  const torch::Tensor probabilities = network.score(all).log_probability.exp();
  double chi_squared = 0.0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double expected = kDraws * probabilities[static_cast<std::int64_t>(i)].item<double>();
    chi_squared += std::pow(counts[all[i]] - expected, 2) / expected;
  }
  EXPECT_LT(chi_squared, 27.9);  // 6 degrees of freedom: exceeded once in 10,000 seeds
}

TEST(PolicyNetwork, TheExpectedScoreFunctionIsZero) {
  // sum_a p(a) grad log p(a) = grad sum_a p(a) = 0, by enumeration.
  PolicyNetwork network = make_network(tiny());
  const torch::Tensor logs = network.score(all_of_tiny()).log_probability;
  network.weights().clear_gradients();
  (logs.detach().exp() * logs).sum().backward();
  EXPECT_LT(network.weights().gradients().abs().max().item<double>(), 1e-6);
}

/// Mean and standard error of the policy gradient over blocks of draws, with R(a) - baseline.
struct GradientEstimate {
  torch::Tensor mean;
  torch::Tensor error;
  double variance = 0.0;  // of a block's gradient, summed over the weights
};

double reward_of(const space::Assignment& assignment) {
  const auto second = assignment.find("second");
  const bool is_z = second != assignment.end() && second->second == space::Value("z");
  return 5.0 + (is_z ? 3.0 : 0.0) - (assignment.at("first") == space::Value("a") ? 2.0 : 0.0);
}

GradientEstimate estimate(PolicyNetwork& network, double baseline) {
  constexpr std::uint64_t kBlocks = 100;
  constexpr std::size_t kBlock = 1000;
  std::vector<torch::Tensor> gradients;
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    std::vector<Rng> rngs = make_rngs(kBlock, 1000 + block);
    std::vector<space::Assignment> assignments;
    std::vector<double> advantages;
    for (Draw& draw : network.draw(rngs)) {
      advantages.push_back(reward_of(draw.assignment) - baseline);
      assignments.push_back(std::move(draw.assignment));
    }
    network.weights().clear_gradients();
    const torch::Tensor advantage = at::tensor(at::ArrayRef<double>(advantages)).to(at::kFloat);
    (network.score(assignments).log_probability * advantage).mean().backward();
    gradients.push_back(network.weights().gradients().to(at::kDouble));
  }
  const torch::Tensor all = at::stack(gradients);
  const torch::Tensor spread = all.std(0, /*unbiased=*/true);
  return {all.mean(0), spread / std::sqrt(static_cast<double>(kBlocks)),
          spread.pow(2).sum().item<double>()};
}

torch::Tensor exact_gradient(PolicyNetwork& network) {
  const std::vector<space::Assignment> all = all_of_tiny();
  std::vector<double> rewards;
  for (const space::Assignment& assignment : all) rewards.push_back(reward_of(assignment));
  network.weights().clear_gradients();
  const torch::Tensor reward = at::tensor(at::ArrayRef<double>(rewards)).to(at::kFloat);
  (network.score(all).log_probability.exp() * reward).sum().backward();
  return network.weights().gradients().to(at::kDouble);
}

TEST(PolicyNetwork, ReinforceIsTheExactGradientOnAverageAndABaselineOnlyCalmsIt) {
  PolicyNetwork network = make_network(tiny(), {.hidden_size = 4});
  const torch::Tensor exact = exact_gradient(network);
  const GradientEstimate plain = estimate(network, 0.0);
  const GradientEstimate calmed = estimate(network, 5.5);
  // Some 200 weights, strongly tied: 4.5 standard errors are left by chance once in a few hundred
  // networks, and this one is fixed.
  for (const GradientEstimate& estimate : {plain, calmed}) {
    const torch::Tensor deviations = (estimate.mean - exact).abs() / (estimate.error + 1e-9);
    EXPECT_LT(deviations.max().item<double>(), 4.5);
  }
  EXPECT_LT(calmed.variance, 0.2 * plain.variance);
}

TEST(PolicyNetwork, GradientsAgreeWithDifferences) {
  const space::SearchSpace space(space::expand(space::MacroSpace{.num_layers = 4}));
  PolicyNetwork network = make_network(space, {.hidden_size = 8});
  std::vector<Rng> rngs = make_rngs(4);
  std::vector<space::Assignment> assignments;
  for (const Draw& draw : network.draw(rngs)) assignments.push_back(draw.assignment);
  const auto value = [&] {
    const Scores scores = network.score(assignments);
    return (scores.log_probability + 0.3 * scores.entropy + 0.7 * scores.skip_divergence).sum();
  };
  network.weights().clear_gradients();
  value().backward();
  const torch::Tensor gradient = network.weights().gradients().clone();
  // Along random directions, for single weights drown in float's rounding.
  for (std::int64_t seed = 0; seed < 5; ++seed) {
    torch::manual_seed(static_cast<std::uint64_t>(seed));
    const torch::Tensor direction = at::randn_like(gradient);
    const torch::NoGradGuard no_grad;
    constexpr double kStep = 2e-3;
    torch::Tensor weights = network.weights().values();
    weights.add_(direction, kStep);
    const double above = value().item<double>();
    weights.add_(direction, -2.0 * kStep);
    const double below = value().item<double>();
    weights.add_(direction, kStep);
    const double slope = (above - below) / (2.0 * kStep);
    const double expected = gradient.dot(direction).item<double>();
    EXPECT_NEAR(slope, expected, 0.01 * std::abs(expected) + 0.05);
  }
}

TEST(PolicyNetwork, AWeightStartsAlikeInEverySpaceThatHasItsLabel) {
  const PolicyNetwork small = make_network(space::SearchSpace({spaces::choice("a", {"x", "y"})}));
  const PolicyNetwork large = make_network(
      space::SearchSpace({spaces::choice("b", {"u", "v"}), spaces::choice("a", {"x", "y"})}));
  EXPECT_TRUE(small.weights().at("a.head").equal(large.weights().at("a.head")));
}

TEST(PolicyNetwork, RejectsBadOptions) {
  EXPECT_THROW(make_network(tiny(), {.hidden_size = 0}), Error);
  EXPECT_THROW(make_network(tiny(), {.tanh_constant = -1.0}), Error);
  EXPECT_THROW(make_network(tiny(), {.fixed_logits = {{"first", {1.0}}}}), Error);
  EXPECT_THROW(make_network(space::SearchSpace()), Error);
}

}  // namespace
}  // namespace mimar::controller
