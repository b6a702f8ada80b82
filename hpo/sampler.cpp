#include "hpo/sampler.h"

#include "base/error.h"

namespace mimar::hpo {

Direction first_direction(const Problem& problem) {
  require(!problem.directions.empty(), "a problem needs at least one objective");
  return problem.directions.front();
}

std::optional<TrialId> Sampler::recommend(const History& history) const {
  const TrialRecord* best = nullptr;
  for (const TrialRecord& trial : history.trials()) {
    if (!trial.is_comparable()) continue;
    if (best == nullptr || is_better(trial.objectives.front(), best->objectives.front())) {
      best = &trial;
    }
  }
  if (best == nullptr) return std::nullopt;
  return best->id;
}

}  // namespace mimar::hpo
