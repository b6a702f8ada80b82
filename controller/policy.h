#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/adam.h"
#include "controller/policy_network.h"
#include "controller/policy_options.h"
#include "controller/reward_ranks.h"

namespace mimar::controller {

/// A finished trial, as a policy learns from it.
struct Experience {
  space::Assignment assignment;
  Outcome outcome;
  /// Under the policy that proposed it, then; absent when something else proposed it.
  std::optional<double> log_probability = {};
};

/// What a policy has become by learning, for screens and for tests.
struct PolicyStatus {
  std::int64_t num_updates = 0;
  double baseline = 0.0;
  double last_reward = 0.0;
  double last_entropy = 0.0;  // in nats, along the last trial's decisions, before the update
};

/// A policy network with the rule by which it learns from finished trials, one after the other.
///
/// REINFORCE (Williams, Machine Learning 8, 1992): with r the trial's rank reward and b the moving
/// average of the rewards before it, the step descends
///   -w (r - b) log p(assignment) - entropy_weight H + skip_weight KL,
/// w = min(p / p_then, ratio_limit) the importance weight of a trial that was proposed by an
/// earlier policy, held constant. The first trial sets the baseline. PPO (Schulman et al.,
/// arXiv:1707.06347, eq. 7): the clipped surrogate, mean over the latest ppo_batch trials, each
/// with the advantage it had when it finished.
///
/// What it becomes depends on its options, its seed and the order of the trials alone.
/// Thread safety: none.
class Policy {
 public:
  /// Errors: kInvalidArgument for options out of range.
  Policy(std::shared_ptr<const DecisionPlan> plan, PolicyOptions options, std::uint64_t seed);

  const PolicyNetwork& network() const noexcept { return network_; }
  PolicyNetwork& network() noexcept { return network_; }
  Adam& adam() noexcept { return adam_; }
  const Adam& adam() const noexcept { return adam_; }
  const PolicyOptions& options() const noexcept { return options_; }
  const PolicyStatus& status() const noexcept { return status_; }

  /// One update. Errors: kInvalidArgument when the assignment is not in the space.
  void learn(const Experience& experience);

  std::optional<double> baseline() const noexcept { return baseline_; }

  /// Notes what `learn` would of these trials, but for the network, whose weights and moments of
  /// that time have been put back: the policy then goes on as if it had learned from them one by
  /// one. Needs a policy that has learned nothing yet.
  void catch_up(std::span<const Experience> experiences, double last_entropy);

  /// True when catch_up needs nothing that the experiences do not tell.
  static bool can_catch_up(const PolicyOptions& options, std::span<const Experience> experiences);

 private:
  struct Memory {
    space::Assignment assignment;
    double advantage = 0.0;
    double log_probability = 0.0;  // when it was proposed
  };

  Memory remember(const Experience& experience);
  void keep(Memory memory);
  void descend(const torch::Tensor& loss);
  /// `scores` are the present ones of the memory's assignment, differentiable.
  void reinforce(const Memory& memory, Scores scores);
  void ppo();
  torch::Tensor regularisation(const Scores& scores) const;

  PolicyOptions options_;
  PolicyNetwork network_;
  Adam adam_;
  RewardRanks ranks_;
  std::optional<double> baseline_;
  std::vector<Memory> memories_;  // PPO: the latest, oldest first
  PolicyStatus status_;
};

}  // namespace mimar::controller
