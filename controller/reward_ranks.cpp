#include "controller/reward_ranks.h"

#include <utility>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::controller {
namespace {

/// 1 when every cost of `a` is at most that of `b` and one is less; -1 the other way round.
int dominance(const std::vector<double>& a, const std::vector<double>& b) {
  bool less = false;
  bool greater = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    less = less || a[i] < b[i];
    greater = greater || b[i] < a[i];
  }
  return less == greater ? 0 : (less ? 1 : -1);
}

}  // namespace

int compare(const Outcome& a, const Outcome& b) {
  if (a.failed() || b.failed()) return static_cast<int>(b.failed()) - static_cast<int>(a.failed());
  if (a.violation != b.violation) return a.violation < b.violation ? 1 : -1;
  if (a.violation > 0.0) return 0;
  return dominance(a.costs, b.costs);
}

double RewardRanks::add(Outcome outcome) {
  double beaten = 0.5;  // itself
  for (const Outcome& other : outcomes_) {
    require(other.failed() || outcome.failed() || other.costs.size() == outcome.costs.size(),
            "a trial has ", outcome.costs.size(), " objectives, the others ", other.costs.size());
    beaten += 0.5 * (1 + compare(outcome, other));
  }
  outcomes_.push_back(std::move(outcome));
  return inverse_normal_cdf(beaten / static_cast<double>(outcomes_.size()));
}

}  // namespace mimar::controller
