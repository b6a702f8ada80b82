#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "controller/decision_plan.h"
#include "controller/flat_weights.h"
#include "controller/policy_options.h"

namespace mimar::controller {

/// The weights of a policy over a plan; PolicyNetwork::weights() says what they are.
std::vector<WeightShape> weight_shapes(const DecisionPlan& plan, int hidden_size);

/// A choice for every decision, with how likely the policy was to make it.
struct Draw {
  space::Assignment assignment;
  Choices choices;
  double log_probability = 0.0;
};

/// What a policy makes of given assignments. Shapes: each [B], B assignments.
struct Scores {
  torch::Tensor log_probability;  // sum over the decisions
  torch::Tensor entropy;          // in nats, sum over the decisions, each given those before
  /// KL divergence of the skips' probabilities from skip_target, summed over a layer's skips, mean
  /// over the layers that have skips; 0 without skips.
  torch::Tensor skip_divergence;
};

/// The policy: an LSTM that makes the decisions of a plan one after the other.
///
/// At each step it reads an embedding of the decision's label plus one of the choice before, and
/// its hidden state scores the choices: through a linear layer of the decision's own, or, where the
/// choices are earlier layers or nodes, by attention v^T tanh(W1 anchor + W2 h) as in ENAS (Pham et
/// al., arXiv:1802.03268, and its code). The logits are divided by the temperature and bounded by
/// tanh_constant * tanh(.). All skips of a layer are scored from one hidden state, and the step
/// after them reads the mean of the chosen anchors. Beyond ENAS, every decision has a bias of its
/// own, and the LSTM's forget gate one of 1.
///
/// Computes on the CPU in float.
/// Thread safety: none.
class PolicyNetwork {
 public:
  /// Weights are drawn from `seed`, uniformly within 0.1 of 0; biases are 0.
  /// Errors: kInvalidArgument for options out of range, or fixed logits of a wrong number.
  PolicyNetwork(std::shared_ptr<const DecisionPlan> plan, NetworkOptions options,
                std::uint64_t seed);

  const DecisionPlan& plan() const noexcept { return *plan_; }
  const NetworkOptions& options() const noexcept { return options_; }

  /// All weights by name: "lstm.input" [H, 4H], "lstm.hidden" [H, 4H], "attention.anchor" [H, H],
  /// "attention.query" [H, H], "attention.score" [H], "given_anchors" [G, H], and for each decision
  /// "LABEL.embedding" [H], "LABEL.choices" [K, H], "LABEL.head" [K, H], "LABEL.bias" [K] (one for
  /// a skip).
  FlatWeights& weights() noexcept { return weights_; }
  const FlatWeights& weights() const noexcept { return weights_; }

  /// One assignment per generator. Needs no gradient.
  std::vector<Draw> draw(std::span<Rng> rngs) const;

  /// What the policy makes of assignments, differentiable in the weights.
  /// Errors: kInvalidArgument when one is not in the plan's space, or there is none.
  Scores score(std::span<const space::Assignment> assignments) const;

  /// The probabilities of every decision on the way to an assignment; [K] by decision, empty where
  /// it does not arise.
  std::vector<std::vector<double>> probabilities(const space::Assignment& assignment) const;

  std::shared_ptr<const DecisionPlan> plan_;
  NetworkOptions options_;
  FlatWeights weights_;
};

}  // namespace mimar::controller
