#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "hpo/history.h"
#include "hpo/multi_objective/score.h"

namespace mimar::hpo {

/// True when `a` is at least as good as `b` in every objective and better in one.
bool dominates(std::span<const double> a, std::span<const double> b);

/// For each score the number of fronts that are better than its own: 0 for what nothing dominates.
///
/// Constrained domination (definition 1 of Deb, Pratap, Agarwal & Meyarivan, "A fast and elitist
/// multiobjective genetic algorithm: NSGA-II", IEEE Trans. Evol. Comput. 6(2), 2002): what breaks
/// constraints less is better whatever its objectives, and only equals are compared by these.
///
/// Time for n scores: O(n log n) with up to two objectives (the sweep of Jensen, IEEE Trans. Evol.
/// Comput. 7(5), 2003); with more at worst O(n^2), with a binary search over the fronts (ENS-BS of
/// Zhang, Tian, Cheng & Jin, IEEE Trans. Evol. Comput. 19(2), 2015).
std::vector<std::size_t> nondominated_ranks(std::span<const Score> scores);

/// How alone each score stands on its front: the sum over the objectives of the gap between its
/// neighbours, as a share of the front's range; infinite at the ends (Deb et al. 2002, III.B). An
/// objective in which all of a front are equal says nothing. O(n log n) for each objective.
std::vector<double> crowding_distances(std::span<const Score> scores,
                                       std::span<const std::size_t> ranks);

/// A score's place in the crowded comparison of NSGA-II: the better front first, and on one front
/// the lonelier first.
struct CrowdedRank {
  std::size_t rank = 0;
  double crowding = 0.0;

  bool is_better_than(const CrowdedRank& other) const noexcept {
    return rank != other.rank ? rank < other.rank : crowding > other.crowding;
  }
};
std::vector<CrowdedRank> crowded_ranks(std::span<const Score> scores);

/// The trials that no other dominates, as they come. Equals stand side by side.
class ParetoFront {
 public:
  /// Takes in a feasible trial; false when another dominates it. Whom it dominates is taken out.
  /// O(size of the front).
  bool add(TrialId trial, std::vector<double> costs);

  bool contains(TrialId trial) const;
  std::size_t size() const noexcept { return members_.size(); }

 private:
  struct Member {
    TrialId trial;
    std::vector<double> costs;
  };
  std::vector<Member> members_;
};

}  // namespace mimar::hpo
