#pragma once

#include <optional>
#include <span>
#include <vector>

#include "hpo/history.h"

namespace mimar::hpo {

/// What a trial came to, so that less is better throughout.
struct Score {
  std::vector<double> costs;  // one per objective, finite
  double violation = 0.0;     // total of the constraints; 0: feasible

  bool is_feasible() const noexcept { return violation == 0.0; }

  bool operator==(const Score&) const = default;
};

/// Objective values as the user states them, turned so that less is better; one per direction.
std::vector<double> to_costs(std::span<const double> objectives,
                             std::span<const Direction> directions);

/// By how much constraints are violated in all: 0 when each is kept, infinite where one is NaN.
double total_violation(std::span<const double> constraints);

/// What a trial that ended so came to; nothing unless it has a finite value of every objective.
std::optional<Score> find_score(const Finished& finished, std::span<const Direction> directions);
std::optional<Score> find_score(const TrialRecord& trial, std::span<const Direction> directions);

}  // namespace mimar::hpo
