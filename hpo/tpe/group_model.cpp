#include "hpo/tpe/group_model.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "hpo/multi_objective/pareto.h"

namespace mimar::hpo {
namespace {

std::vector<CellMasses> make_masses(const std::vector<Axis>& axes) {
  return std::vector<CellMasses>(axes.begin(), axes.end());
}

std::vector<Axis> make_axes(const space::SearchSpace& space,
                            const std::vector<std::size_t>& members) {
  std::vector<Axis> axes;
  for (const std::size_t member : members) axes.emplace_back(space.parameters()[member].domain);
  return axes;
}

std::vector<double> numbers_of(const Axis& axis) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < axis.num_values(); ++i) {
    numbers.push_back(find_double(space::to_text(axis.value(static_cast<double>(i)))).value_or(0));
  }
  return numbers;
}

}  // namespace

std::size_t GoodSize::operator()(std::size_t n) const {
  const auto count = static_cast<double>(n);
  const double share = gamma * (square_root ? std::sqrt(count) : count);
  return std::min({static_cast<std::size_t>(std::ceil(share)), limit, n});
}

GroupModel::GroupModel(const space::SearchSpace& space, std::vector<std::size_t> members,
                       TpeOptions options)
    : space_(space),
      members_(std::move(members)),
      options_(options),
      axes_(make_axes(space, members_)),
      numbers_(axes_.size()),
      observations_(axes_),
      good_masses_(make_masses(axes_)),
      bad_masses_(make_masses(axes_)) {
  for (std::size_t lower = 0; lower < members_.size(); ++lower) {
    const std::optional<std::size_t> partner = space.partner(members_[lower]);
    if (!partner) continue;
    const auto found = std::ranges::find(members_, *partner);
    check(found != members_.end(), "a pair bound by `above` is in one group");
    const auto upper = static_cast<std::size_t>(found - members_.begin());
    pairs_.push_back({lower, upper});
    numbers_[lower] = numbers_of(axes_[lower]);
    numbers_[upper] = numbers_of(axes_[upper]);
  }
}

bool GroupModel::is_active(const space::Assignment& assignment) const {
  return space_.is_active(members_.front(), assignment);
}

void GroupModel::add(TrialId id, const space::Assignment& assignment) {
  Point point;
  for (std::size_t j = 0; j < members_.size(); ++j) {
    const std::string& name = space_.parameters()[members_[j]].name;
    point.push_back(axes_[j].coordinate(assignment.find(name)->second));
  }
  observations_.push(point);
  ids_.push_back(id);
  ignored_.push_back(false);
  scores_.emplace_back();
}

void GroupModel::remove_last() {
  observations_.pop();
  ids_.pop_back();
  ignored_.pop_back();
  scores_.pop_back();
}

std::size_t GroupModel::find_row(TrialId id) const {
  const auto found = std::ranges::lower_bound(ids_, id);
  check(found != ids_.end() && *found == id, "a trial is taught after it was added");
  return static_cast<std::size_t>(found - ids_.begin());
}

void GroupModel::teach(TrialId id, const Score& score) {
  const std::size_t row = find_row(id);
  scores_[row] = score;
  const auto own = static_cast<std::uint32_t>(row);
  if (score.costs.size() > 1) {
    ranked_.push_back(own);
    is_ranked_ = false;
    return;
  }
  const auto key = [&](std::uint32_t i) {
    return std::make_tuple(scores_[i].violation, scores_[i].costs.front(), i);
  };
  ranked_.insert(std::ranges::lower_bound(ranked_, key(own), {}, key), own);
}

void GroupModel::rank_fronts() {
  std::ranges::sort(ranked_);
  std::vector<Score> scores;
  for (const std::uint32_t row : ranked_) scores.push_back(scores_[row]);
  const std::vector<CrowdedRank> ranks = crowded_ranks(scores);
  std::vector<std::size_t> order(ranked_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return ranks[a].is_better_than(ranks[b]); });
  std::vector<std::uint32_t> ranked;
  for (const std::size_t i : order) ranked.push_back(ranked_[i]);
  ranked_ = std::move(ranked);
  is_ranked_ = true;
}

void GroupModel::ignore(TrialId id) { ignored_[find_row(id)] = true; }

double GroupModel::left_out_likelihood(const ParzenOptions& parzen,
                                       const std::vector<std::uint32_t>& good,
                                       std::vector<CellMasses>& masses) {
  double sum = 0.0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::uint32_t> others = good;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    ParzenEstimator estimator(axes_, observations_, others, masses, parzen);
    const Point left_out = observations_.point(good[i]);
    sum += estimator.log_densities({&left_out, 1}).front();
  }
  return sum;
}

BandwidthRule GroupModel::likeliest_cell_rule(const std::vector<std::uint32_t>& good) {
  constexpr std::size_t kFew = 3;  // trials that say nothing of widths
  const bool has_cells = std::ranges::any_of(
      axes_, [](const Axis& axis) { return axis.kind() == Axis::Kind::kCells; });
  if (!has_cells || good.size() < kFew) return BandwidthRule::kGaps;
  if (good == rule_rows_) return cell_rule_;
  rule_rows_ = good;
  std::vector<CellMasses> masses = make_masses(axes_);
  double best = -std::numeric_limits<double>::infinity();
  for (const BandwidthRule rule :
       {BandwidthRule::kGaps, BandwidthRule::kGapsWithPrior, BandwidthRule::kJoint}) {
    const ParzenOptions parzen = {.prior_weight = options_.prior_weight, .cell_rule = rule};
    const double likelihood = left_out_likelihood(parzen, good, masses);
    if (likelihood > best) {
      best = likelihood;
      cell_rule_ = rule;
    }
  }
  return cell_rule_;
}

ParzenOptions GroupModel::parzen_options(const std::vector<std::uint32_t>& good) {
  ParzenOptions parzen = {.prior_weight = options_.prior_weight};
  parzen.real_rule = options_.rule.value_or(BandwidthRule::kGaps);
  parzen.cell_rule = options_.rule ? *options_.rule : likeliest_cell_rule(good);
  return parzen;
}

Point GroupModel::draw_one(const ParzenEstimator& good, Rng& rng) const {
  constexpr int kMaxTries = 16;
  const std::size_t kernel = good.sample_kernel(rng);
  Point point;
  for (std::size_t j = 0; j < axes_.size(); ++j) point.push_back(good.sample_axis(j, kernel, rng));
  for (const auto& [lower, upper] : pairs_) {
    const auto number = [&](std::size_t axis) {
      return numbers_[axis][static_cast<std::size_t>(point[axis])];
    };
    for (int i = 0; i < kMaxTries && number(upper) <= number(lower); ++i) {
      point[lower] = good.sample_axis(lower, kernel, rng);
      point[upper] = good.sample_axis(upper, kernel, rng);
    }
  }
  return point;
}

int GroupModel::num_candidates() const {
  constexpr int kFew = 24;
  constexpr int kMany = 128;
  constexpr int kKernels = 64000;
  if (options_.num_candidates) return *options_.num_candidates;
  const bool is_real =
      std::ranges::any_of(axes_, [](const Axis& axis) { return axis.kind() == Axis::Kind::kReal; });
  if (!is_real) return kFew;
  return std::clamp(kKernels / std::max(1, static_cast<int>(observations_.size())), kFew, kMany);
}

std::vector<Point> GroupModel::draw(Rng& rng) {
  if (!is_ranked_) rank_fronts();
  std::vector<std::uint32_t> good(
      ranked_.begin(),
      ranked_.begin() + static_cast<std::ptrdiff_t>(options_.good_size(ranked_.size())));
  std::ranges::sort(good);
  std::vector<std::uint32_t> bad;
  auto next_good = good.begin();
  for (std::uint32_t row = 0; row < observations_.size(); ++row) {
    if (next_good != good.end() && *next_good == row) {
      ++next_good;
    } else if (!ignored_[row]) {
      bad.push_back(row);
    }
  }
  const ParzenOptions parzen = parzen_options(good);
  ParzenEstimator good_density(axes_, observations_, good, good_masses_, parzen);
  ParzenEstimator bad_density(axes_, observations_, bad, bad_masses_, parzen);

  std::vector<Point> candidates;
  for (int i = num_candidates(); i > 0; --i) candidates.push_back(draw_one(good_density, rng));
  // Of a small discrete group, most candidates are the same.
  std::ranges::sort(candidates);
  candidates.erase(std::ranges::unique(candidates).begin(), candidates.end());
  const std::vector<double> of_good = good_density.log_densities(candidates);
  const std::vector<double> of_bad = bad_density.log_densities(candidates);
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t i) { return of_good[i] - of_bad[i]; });
  std::vector<Point> sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(candidates[i]));
  return sorted;
}

void GroupModel::assign(const Point& point, space::Assignment& assignment) const {
  for (std::size_t j = 0; j < members_.size(); ++j) {
    assignment.insert_or_assign(space_.parameters()[members_[j]].name, axes_[j].value(point[j]));
  }
}

void GroupModel::clear(space::Assignment& assignment) const {
  for (const std::size_t member : members_) assignment.erase(space_.parameters()[member].name);
}

}  // namespace mimar::hpo
