#pragma once

#include <optional>
#include <vector>

namespace mimar::controller {

/// What a trial came to, so that less is better throughout.
struct Outcome {
  std::vector<double> costs = {};  // one per objective, finite; empty: it failed, or told nothing
  double violation = 0.0;          // by how much constraints are broken in all; 0: feasible

  bool failed() const noexcept { return costs.empty(); }

  bool operator==(const Outcome&) const = default;
};

/// Turns outcomes into rewards of one scale, whatever the objective's unit.
///
/// A trial's reward is the standard normal quantile of the share of trials so far that it beats,
/// ties counted half, itself among them: 0 for the first, positive above the median. So a diverged
/// loss of 1e9 weighs no more than being last, and neither a shift nor a monotone rescaling of the
/// objective changes anything. Beating: a feasible trial beats one that breaks constraints, of two
/// that do the one that breaks them less; else the one that dominates in the objectives; a failed
/// trial is beaten by all others.
class RewardRanks {
 public:
  /// Notes the outcome and returns its reward.
  /// Errors: kInvalidArgument when its number of objectives differs from the others'.
  double add(Outcome outcome);

  const std::vector<Outcome>& outcomes() const noexcept { return outcomes_; }

 private:
  std::vector<Outcome> outcomes_;
};

/// 1 when `a` beats `b`, -1 when it is beaten, else 0.
int compare(const Outcome& a, const Outcome& b);

}  // namespace mimar::controller
