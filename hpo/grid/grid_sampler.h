#pragma once

#include <cstdint>
#include <vector>

#include "hpo/log_cursor.h"
#include "hpo/novelty.h"
#include "hpo/sampler.h"

namespace mimar::hpo {

/// Tries every assignment of a finite space once; conditional spaces are walked as trees.
///
/// Points are numbered (Enumeration) and never listed. They come in the order of their numbers
/// when all of them will be tried; else, or when a seed is asked for, in strides of the golden
/// ratio modulo their count, so that any number of trials covers the whole range.
class GridSampler final : public Sampler {
 public:
  /// `shuffled`: stride even when all points will be tried.
  /// Errors: kInvalidArgument when some reachable parameter is continuous.
  explicit GridSampler(Problem problem, bool shuffled = false);

  std::vector<Proposal> propose(const History& history, int count) override;

 private:
  space::Assignment point(std::uint64_t position);

  space::SearchSpace space_;
  Novelty novelty_;
  space::Cardinality size_;
  space::Cardinality stride_ = 1;  // coprime to the size
  space::Cardinality offset_ = 0;
  LogCursor cursor_;
  std::uint64_t first_new_ = 0;  // every position before it is in the history that was read
};

/// What keeps a problem from grid search, in Katib's words.
void check_grid_problem(const Problem& problem, std::vector<SettingProblem>& problems);

}  // namespace mimar::hpo
