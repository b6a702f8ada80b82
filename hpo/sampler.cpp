#include "hpo/sampler.h"

#include <utility>

#include "base/error.h"
#include "hpo/multi_objective/score.h"

namespace mimar::hpo {

Sampler::Sampler(std::vector<Direction> directions) : directions_(std::move(directions)) {
  require(!directions_.empty(), "a problem needs at least one objective");
}

std::optional<TrialId> Sampler::recommend(const History& history) const {
  std::optional<TrialId> best;
  std::vector<double> best_costs;
  for (const TrialRecord& trial : history.trials()) {
    std::optional<Score> score = find_score(trial, directions_);
    if (!score || !score->is_feasible()) continue;
    if (best && score->costs >= best_costs) continue;
    best = trial.id;
    best_costs = std::move(score->costs);
  }
  return best;
}

}  // namespace mimar::hpo
