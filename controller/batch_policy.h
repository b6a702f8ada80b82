#pragma once

#include <torch/types.h>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "controller/adam.h"
#include "controller/policy_network.h"
#include "controller/policy_options.h"

namespace mimar::controller {

/// A policy that learns from batches of its own, fresh draws, as where weights are shared and a
/// reward costs a glance (Pham et al., arXiv:1802.03268).
///
/// REINFORCE (Williams, Machine Learning 8, 1992): one step descends the mean over the batch of
///   -(r - b) log p(assignment) - entropy_weight H + skip_weight KL,
/// r the reward as given and b the moving average of the batches' mean rewards before; the first
/// batch sets it. Unlike ENAS's code, the entropy is differentiated and not a part of the reward.
/// Policy, in policy.h, is for trials that come one by one, late, with rewards of any scale.
/// Thread safety: none.
class BatchPolicy {
 public:
  /// Of the options the network's, Adam's, baseline_decay, entropy_weight and skip_weight count.
  /// Errors: those of PolicyNetwork.
  BatchPolicy(std::shared_ptr<const DecisionPlan> plan, PolicyOptions options, std::uint64_t seed);

  const PolicyNetwork& network() const noexcept { return network_; }

  /// One update. Returns the batch's mean entropy in nats, of all decisions together.
  /// Needs as many rewards as assignments, and at least one.
  double learn(std::span<const space::Assignment> assignments, std::span<const double> rewards);

  std::optional<double> baseline() const noexcept { return baseline_; }

  /// The state but for the options: weights, Adam's moments, and [steps, baseline or NaN].
  /// Shapes: [P], [P], [P], [2].
  std::vector<torch::Tensor> state() const;
  /// Errors: kInvalidArgument when the sizes are not this policy's.
  void restore(const std::vector<torch::Tensor>& state);

 private:
  PolicyOptions options_;
  PolicyNetwork network_;
  Adam adam_;
  std::optional<double> baseline_;
};

}  // namespace mimar::controller
