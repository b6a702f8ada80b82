#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "hpo/history.h"
#include "hpo/multi_objective/score.h"
#include "hpo/tpe/axis.h"
#include "hpo/tpe/parzen_estimator.h"
#include "space/search_space.h"

namespace mimar::hpo {

/// How many of n finished trials count as good.
struct GoodSize {
  double gamma = 0.1;
  bool square_root = false;  // ceil(gamma sqrt(n)) (Hyperopt), else ceil(gamma n) (Optuna)
  std::size_t limit = 25;

  std::size_t operator()(std::size_t n) const;
};

struct TpeOptions {
  int num_startup_trials = 10;
  /// Nothing: 24 where all is discrete; with real parameters, where more find more, as many as keep
  /// a proposal's time in bounds: 64,000 for each trial, within 24 and 128.
  std::optional<int> num_candidates = {};
  double prior_weight = 1.0;
  GoodSize good_size = {};
  /// Nothing: kGaps on real axes, which finds smooth optima soonest; on cells, where it may stick,
  /// the rule under which the good trials are likeliest, each left out in turn.
  std::optional<BandwidthRule> rule = {};
};

/// Good and bad trials of one group: parameters that exist under the same conditions and so always
/// together. Models the group jointly and draws candidates for it.
///
/// The space is borrowed and must outlive this.
class GroupModel {
 public:
  /// `members` are indices of parameters with equal conditions.
  GroupModel(const space::SearchSpace& space, std::vector<std::size_t> members, TpeOptions options);
  GroupModel(GroupModel&&) = delete;

  std::span<const std::size_t> members() const noexcept { return members_; }

  /// True when the group's parameters exist in an assignment that has their parents.
  bool is_active(const space::Assignment& assignment) const;

  /// Adds a trial, which counts as bad until it has taught something. Trials come by number.
  void add(TrialId id, const space::Assignment& assignment);

  /// Removes the trial added last, which must have taught nothing.
  void remove_last();

  /// Notes what a trial came to. All scores have as many costs.
  void teach(TrialId id, const Score& score);

  /// Takes a trial out of both sets, for good.
  void ignore(TrialId id);

  /// Draws candidates from the density of the good trials, best first by its ratio to that of the
  /// bad ones.
  std::vector<Point> draw(Rng& rng);

  void assign(const Point& point, space::Assignment& assignment) const;

  /// Takes the group's parameters out of an assignment.
  void clear(space::Assignment& assignment) const;

 private:
  struct Pair {
    std::size_t lower;
    std::size_t upper;  // axes, of which upper's number must exceed lower's
  };

  std::size_t find_row(TrialId id) const;
  void rank_fronts();
  int num_candidates() const;
  ParzenOptions parzen_options(const std::vector<std::uint32_t>& good);
  BandwidthRule likeliest_cell_rule(const std::vector<std::uint32_t>& good);
  double left_out_likelihood(const ParzenOptions& parzen, const std::vector<std::uint32_t>& good,
                             std::vector<CellMasses>& masses);
  Point draw_one(const ParzenEstimator& good, Rng& rng) const;

  const space::SearchSpace& space_;
  std::vector<std::size_t> members_;
  TpeOptions options_;
  std::vector<Axis> axes_;
  std::vector<Pair> pairs_;
  std::vector<std::vector<double>> numbers_;  // by axis: the texts' numbers, for pairs only
  Observations observations_;
  std::vector<TrialId> ids_;           // by row
  std::vector<bool> ignored_;          // by row
  std::vector<Score> scores_;          // by row; without costs where nothing was taught
  std::vector<std::uint32_t> ranked_;  // rows that taught something, the best first
  bool is_ranked_ = true;              // false while fronts are to be found anew
  std::vector<CellMasses> good_masses_;
  std::vector<CellMasses> bad_masses_;
  std::vector<std::uint32_t> rule_rows_;  // good rows that cell_rule_ was chosen for
  BandwidthRule cell_rule_ = BandwidthRule::kGaps;
};

}  // namespace mimar::hpo
