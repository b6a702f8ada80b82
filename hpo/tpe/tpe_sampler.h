#pragma once

#include <memory>
#include <vector>

#include "hpo/log_cursor.h"
#include "hpo/novelty.h"
#include "hpo/sampler.h"
#include "hpo/tpe/group_model.h"

namespace mimar::hpo {

/// Tree-structured Parzen estimators, joint within each group of parameters that always occur
/// together: models the good and the bad trials by a density each and proposes where their ratio is
/// greatest (Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011).
///
/// Differences from the paper and from Hyperopt: kernels are products over a whole group, pending
/// trials count as bad (so that workers spread out), failed ones too (so that a crashing region is
/// left), each group splits good from bad among the trials that have it, and on grids the kernels'
/// bandwidth rule is the one under which the good trials are likeliest when left out in turn.
/// Groups are drawn parents first and decide which others exist.
///
/// With several objectives the good trials are those of the best fronts (Ozaki, Tanigaki, Watanabe
/// & Onishi, "Multiobjective tree-structured Parzen estimator for computationally expensive
/// optimization problems", GECCO 2020). Of a front that is too large the loneliest are taken, by
/// NSGA-II's crowding distance; the paper takes those that add most hypervolume, which needs a
/// reference point, and weights them by it. Infeasible trials follow behind the feasible ones, the
/// least violating first.
class TpeSampler final : public Sampler {
 public:
  TpeSampler(Problem problem, const TpeOptions& options);

  std::vector<Proposal> propose(const History& history, int count) override;

 private:
  void catch_up(const History& history);
  void make_groups();
  void read(const Finished& finished);
  void add_to_groups(TrialId id, const space::Assignment& assignment);
  std::optional<space::Assignment> propose_one(TrialId number);
  /// Adds the groups from `group` on to an assignment that has those before; false when no
  /// choice of candidates makes a new one.
  bool complete(std::size_t group, space::Assignment& assignment, Rng& rng, int& num_tries);

  space::SearchSpace space_;
  std::uint64_t seed_;
  TpeOptions options_;
  Novelty novelty_;
  std::vector<std::unique_ptr<GroupModel>> groups_;  // parents first
  bool has_pairs_ = false;
  LogCursor cursor_;
  std::vector<std::vector<std::size_t>> groups_of_trial_;
  int num_taught_ = 0;  // trials with a value
};

}  // namespace mimar::hpo
