// Figures of ENAS's published controllers (github.com/melodyguan/enas), worked out by hand from
// their formulas: with all learned scores at zero, only the constants are left.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <memory>

#include "controller/policy_network.h"
#include "space/graph_space.h"

namespace mimar::controller {
namespace {

PolicyNetwork make_network(const space::GraphSpace& graph, NetworkOptions options) {
  return {std::make_shared<const DecisionPlan>(space::SearchSpace(space::expand(graph))),
          std::move(options), 1};
}

/// Leaves the LSTM alone and silences whatever scores choices.
void zero_scores(PolicyNetwork& network) {
  const torch::NoGradGuard no_grad;
  for (const WeightShape& shape : network.weights().shapes()) {
    if (shape.name.ends_with(".head") || shape.name.ends_with(".bias") ||
        shape.name == "attention.score") {
      network.weights().slice(network.weights().values(), shape.name).zero_();
    }
  }
}

space::Assignment some_assignment(const PolicyNetwork& network) {
  std::vector<Rng> rngs = {Rng(3)};
  return network.draw(rngs).front().assignment;
}

/// ENAS's micro controller: tanh constant 1.1, for operations 1.1 / 2.5; the operations' bias
/// starts at 10 for the two convolutions; in the normal cell a constant +-0.25 is added.
PolicyNetwork micro_network() {
  const space::GraphSpace graph = space::CellSpace{.kind = space::CellKind::kEnasMicro};
  NetworkOptions options{.tanh_constant = 1.1, .head_tanh_reduce = 2.5};
  const DecisionPlan plan{space::SearchSpace(space::expand(graph))};
  for (const Decision& decision : plan.decisions()) {
    if (decision.scoring != Scoring::kHead || !decision.label.starts_with("cell.normal")) continue;
    options.fixed_logits[decision.label] = {0.25, 0.25, -0.25, -0.25, -0.25};
  }
  PolicyNetwork network = make_network(graph, options);
  zero_scores(network);
  const torch::NoGradGuard no_grad;
  for (const Decision& decision : network.plan().decisions()) {
    if (decision.scoring != Scoring::kHead) continue;
    torch::Tensor bias =
        network.weights().slice(network.weights().values(), decision.label + ".bias");
    bias[0] = 10.0;
    bias[1] = 10.0;
  }
  return network;
}

TEST(EnasIdentities, MicroOperationProbabilities) {
  const PolicyNetwork network = micro_network();
  const auto probabilities = network.probabilities(some_assignment(network));
  for (std::size_t i = 0; i < network.plan().size(); ++i) {
    const Decision& decision = network.plan().decisions()[i];
    if (decision.scoring != Scoring::kHead) continue;
    SCOPED_TRACE(decision.label);
    const bool is_normal = decision.label.starts_with("cell.normal");
    EXPECT_NEAR(probabilities[i][0], is_normal ? 0.31527 : 0.25432, 1e-5);
    EXPECT_NEAR(probabilities[i][1], is_normal ? 0.31527 : 0.25432, 1e-5);
    EXPECT_NEAR(probabilities[i][4], is_normal ? 0.12315 : 0.16379, 1e-5);
  }
}

TEST(EnasIdentities, MicroEntropy) {
  const PolicyNetwork network = micro_network();
  const space::Assignment assignment = some_assignment(network);
  EXPECT_NEAR(network.score({&assignment, 1}).entropy.item<double>(), 57.187, 1e-3);

  PolicyNetwork without_bias =
      make_network(space::CellSpace{.kind = space::CellKind::kEnasMicro}, {});
  zero_scores(without_bias);
  EXPECT_NEAR(without_bias.score({&assignment, 1}).entropy.item<double>(), 58.506, 1e-3);
  EXPECT_NEAR(58.506, 2 * 2 * std::log(720.0) + 20 * std::log(5.0), 1e-3);  // inputs, operations
}

TEST(EnasIdentities, MacroEntropyAndSkipDivergence) {
  for (const auto& [num_layers, divergence] : {std::pair{12, 0.122466}, std::pair{8, 0.081644}}) {
    PolicyNetwork network = make_network(space::MacroSpace{.num_layers = num_layers}, {});
    zero_scores(network);
    const space::Assignment assignment = some_assignment(network);
    const Scores scores = network.score({&assignment, 1});
    const int num_skips = num_layers * (num_layers - 1) / 2;
    EXPECT_NEAR(scores.entropy.item<double>(),
                num_layers * std::log(6.0) + num_skips * std::log(2.0), 1e-4);
    EXPECT_NEAR(scores.skip_divergence.item<double>(), divergence, 1e-5);
  }
}

TEST(EnasIdentities, SizeOfTheController) {
  // Published for 64 units: LSTM 2 * 64 * 256, attention 2 * 64 * 64 + 64. The rest differs: every
  // label has weights of its own here.
  const PolicyNetwork network = make_network(space::MacroSpace{.num_layers = 12}, {});
  std::int64_t shared = 0;
  for (const WeightShape& shape : network.weights().shapes()) {
    if (!shape.name.starts_with("lstm.") && !shape.name.starts_with("attention.")) continue;
    shared += network.weights().at(shape.name).numel();
  }
  EXPECT_EQ(shared, 2 * 64 * 256 + 2 * 64 * 64 + 64);
}

}  // namespace
}  // namespace mimar::controller
