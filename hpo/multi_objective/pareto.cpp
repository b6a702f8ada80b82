#include "hpo/multi_objective/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace mimar::hpo {
namespace {

/// The fronts of scores that violate constraints alike. They come in lexicographic order of their
/// costs, so none that comes later dominates an earlier one.
class Fronts {
 public:
  /// The number of the front that the next score belongs to; it must differ from the one before.
  std::size_t place(const std::vector<double>& costs) {
    // Whatever a front dominates, the fronts before it dominate too: the first that does not is
    // its own.
    const auto found = std::ranges::partition_point(
        fronts_, [&](const std::vector<Costs>& front) { return dominates_some(front, costs); });
    const auto index = static_cast<std::size_t>(found - fronts_.begin());
    if (found == fronts_.end()) fronts_.emplace_back();
    std::vector<Costs>& own = fronts_[index];
    // With two objectives the last has the least second cost of the front and stands for all.
    if (costs.size() <= 2) own.clear();
    own.push_back(&costs);
    return index;
  }

  std::size_t size() const noexcept { return fronts_.size(); }

 private:
  using Costs = const std::vector<double>*;

  static bool dominates_some(const std::vector<Costs>& front, const std::vector<double>& costs) {
    return std::any_of(front.rbegin(), front.rend(),
                       [&](Costs other) { return dominates(*other, costs); });
  }

  std::vector<std::vector<Costs>> fronts_;
};

std::vector<std::size_t> indices(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

/// Adds one objective's gaps on one front.
void add_gaps(std::span<const Score> scores, std::size_t objective, std::vector<std::size_t>& front,
              std::vector<double>& distances) {
  const auto cost = [&](std::size_t i) { return scores[i].costs[objective]; };
  std::ranges::stable_sort(front, {}, cost);
  const double range = cost(front.back()) - cost(front.front());
  if (!(range > 0.0) || std::isinf(range)) return;
  distances[front.front()] = std::numeric_limits<double>::infinity();
  distances[front.back()] = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i + 1 < front.size(); ++i) {
    distances[front[i]] += (cost(front[i + 1]) - cost(front[i - 1])) / range;
  }
}

}  // namespace

bool dominates(std::span<const double> a, std::span<const double> b) {
  bool is_better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    is_better = is_better || a[i] < b[i];
  }
  return is_better;
}

std::vector<std::size_t> nondominated_ranks(std::span<const Score> scores) {
  std::vector<std::size_t> order = indices(scores.size());
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (scores[a].violation != scores[b].violation) {
      return scores[a].violation < scores[b].violation;
    }
    return scores[a].costs < scores[b].costs;
  });
  std::vector<std::size_t> ranks(scores.size());
  std::size_t first = 0;  // rank of the best front of this violation
  Fronts fronts;
  const Score* before = nullptr;
  for (const std::size_t i : order) {
    const Score& score = scores[i];
    if (before != nullptr && before->violation != score.violation) {
      first += std::exchange(fronts, Fronts()).size();
      before = nullptr;
    }
    const bool is_repeat = before != nullptr && before->costs == score.costs;
    ranks[i] = is_repeat ? ranks[static_cast<std::size_t>(before - scores.data())]
                         : first + fronts.place(score.costs);
    before = &score;
  }
  return ranks;
}

std::vector<double> crowding_distances(std::span<const Score> scores,
                                       std::span<const std::size_t> ranks) {
  std::vector<double> distances(scores.size(), 0.0);
  std::vector<std::size_t> order = indices(scores.size());
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return ranks[i]; });
  for (auto begin = order.begin(); begin != order.end();) {
    const auto end =
        std::find_if(begin, order.end(), [&](std::size_t i) { return ranks[i] != ranks[*begin]; });
    std::vector<std::size_t> front(begin, end);
    for (std::size_t k = 0; k < scores[*begin].costs.size(); ++k) {
      add_gaps(scores, k, front, distances);
    }
    begin = end;
  }
  return distances;
}

std::vector<CrowdedRank> crowded_ranks(std::span<const Score> scores) {
  const std::vector<std::size_t> ranks = nondominated_ranks(scores);
  const std::vector<double> distances = crowding_distances(scores, ranks);
  std::vector<CrowdedRank> crowded;
  crowded.reserve(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) crowded.push_back({ranks[i], distances[i]});
  return crowded;
}

bool ParetoFront::add(TrialId trial, std::vector<double> costs) {
  const bool is_dominated = std::ranges::any_of(
      members_, [&](const Member& member) { return dominates(member.costs, costs); });
  if (is_dominated) return false;
  std::erase_if(members_, [&](const Member& member) { return dominates(costs, member.costs); });
  members_.push_back({trial, std::move(costs)});
  return true;
}

bool ParetoFront::contains(TrialId trial) const {
  return std::ranges::find(members_, trial, &Member::trial) != members_.end();
}

}  // namespace mimar::hpo
