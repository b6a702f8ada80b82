#include "hpo/multi_objective/score.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mimar::hpo {
namespace {

/// Of what both an event and a record of a trial hold under the same names.
template <class Ended>
std::optional<Score> score_of(const Ended& trial, std::span<const Direction> directions) {
  const bool may_count =
      trial.state == TrialState::kSucceeded || trial.state == TrialState::kEarlyStopped;
  if (!may_count || trial.objectives.size() < directions.size()) return std::nullopt;
  Score score{.costs = to_costs(trial.objectives, directions),
              .violation = total_violation(trial.constraints)};
  const bool is_finite =
      std::ranges::all_of(score.costs, [](double cost) { return std::isfinite(cost); });
  if (!is_finite) return std::nullopt;
  return score;
}

}  // namespace

std::vector<double> to_costs(std::span<const double> objectives,
                             std::span<const Direction> directions) {
  std::vector<double> costs;
  costs.reserve(directions.size());
  for (std::size_t i = 0; i < directions.size(); ++i) {
    costs.push_back(directions[i] == Direction::kMinimize ? objectives[i] : -objectives[i]);
  }
  return costs;
}

double total_violation(std::span<const double> constraints) {
  double total = 0.0;
  for (const double violation : constraints) {
    if (std::isnan(violation)) return std::numeric_limits<double>::infinity();
    total += std::max(violation, 0.0);
  }
  return total;
}

std::optional<Score> find_score(const Finished& finished, std::span<const Direction> directions) {
  return score_of(finished, directions);
}

std::optional<Score> find_score(const TrialRecord& trial, std::span<const Direction> directions) {
  return score_of(trial, directions);
}

}  // namespace mimar::hpo
