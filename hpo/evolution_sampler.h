#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "hpo/log_cursor.h"
#include "hpo/multi_objective/pareto.h"
#include "hpo/novelty.h"
#include "hpo/sampler.h"

namespace mimar::hpo {

struct EvolutionOptions {
  int population_size = 50;
  int sample_size = 10;
};

/// Regularized ("ageing") evolution: Real, Aggarwal, Huang & Le, "Regularized evolution for image
/// classifier architecture search", AAAI 2019.
///
/// The population are the trials that finished last with usable values; each new one pushes out
/// the oldest, however good. A proposal is the best of a few drawn from it (with replacement),
/// mutated in one active parameter and repaired. Asynchronous: pending trials are no parents.
/// Unlike the paper, nothing is tried twice: a child that is known is made again from other
/// parents. With several objectives or constraints the best of a tournament is NSGA-II's: the one
/// on the better front of the population, and on one front the lonelier (see pareto.h).
class EvolutionSampler final : public Sampler {
 public:
  /// Errors: kInvalidArgument when a size is not positive.
  EvolutionSampler(Problem problem, const EvolutionOptions& options);

  std::vector<Proposal> propose(const History& history, int count) override;

 private:
  void catch_up(const History& history);
  std::optional<space::Assignment> propose_one(const History& history, TrialId number);
  const TrialRecord& choose_parent(const History& history, Rng& rng) const;
  space::Assignment mutated(space::Assignment assignment, Rng& rng) const;

  space::SearchSpace space_;
  std::uint64_t seed_;
  EvolutionOptions options_;
  Novelty novelty_;
  LogCursor cursor_;
  std::deque<TrialId> population_;  // in the order in which they finished
  std::deque<Score> scores_;        // of the population
  std::vector<CrowdedRank> ranks_;  // of the population
};

}  // namespace mimar::hpo
