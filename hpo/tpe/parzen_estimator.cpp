#include "hpo/tpe/parzen_estimator.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "hpo/tpe/density_loops.h"

namespace mimar::hpo {
namespace {

constexpr double kPriorMean = 0.5;
constexpr double kPriorSigma = 1.0;

/// log of the width and of the mass that the ends of [0, 1] leave to a normal kernel.
double log_scale(double mean, double sigma) {
  constexpr double kFar = 9.0;  // beyond it a normal's tail is below rounding
  const double below = mean / sigma;
  const double above = (1.0 - mean) / sigma;
  const double mass = std::min(below, above) > kFar ? 1.0 : normal_mass(-below, above);
  return std::log(sigma * mass) + 0.5 * std::log(2.0 * std::numbers::pi);
}

/// A normal variable truncated to [0, 1], by inversion.
double truncated_normal(double mean, double sigma, Rng& rng) {
  const double low = normal_cdf(-mean / sigma);
  const double high = normal_cdf((1.0 - mean) / sigma);
  const double share = std::clamp(std::lerp(low, high, rng.uniform()), 1e-300, 1.0 - 1e-16);
  return std::clamp(mean + sigma * inverse_normal_cdf(share), 0.0, 1.0);
}

}  // namespace

std::vector<double> age_weights(std::size_t n) {
  constexpr std::size_t kNewest = 25;
  std::vector<double> weights(n, 1.0);
  if (n <= kNewest) return weights;
  const std::size_t ramp = n - kNewest;
  const double start = 1.0 / static_cast<double>(n);
  for (std::size_t i = 0; i < ramp; ++i) {
    const double share = ramp == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(ramp - 1);
    weights[i] = start + (1.0 - start) * share;
  }
  return weights;
}

ParzenEstimator::ParzenEstimator(const std::vector<Axis>& axes, Observations& observations,
                                 std::span<const std::uint32_t> rows,
                                 std::vector<CellMasses>& masses, const ParzenOptions& options)
    : axes_(axes),
      observations_(observations),
      masses_(masses),
      options_(options),
      real_(axes.size()),
      values_(axes.size()),
      present_(axes.size()) {
  std::vector<double> weights = age_weights(rows.size());
  weights.push_back(rows.empty() ? 1.0 : options.prior_weight);
  double total = 0.0;
  for (const double weight : weights) cumulative_weights_.push_back(total += weight);
  for (const double weight : weights) log_constants_.push_back(std::log(weight / total));
  for (std::size_t j = 0; j < axes.size(); ++j) {
    if (axes[j].kind() == Axis::Kind::kCategories) {
      add_categories(j, rows);
    } else {
      add_numeric(j, rows);
    }
  }
}

void ParzenEstimator::add_categories(std::size_t axis, std::span<const std::uint32_t> rows) {
  const std::vector<std::uint32_t>& index = observations_.column(axis).index;
  std::vector<std::uint32_t>& values = values_[axis];
  values.reserve(rows.size() + 1);
  for (const std::uint32_t row : rows) values.push_back(index[row]);
  const std::size_t count = axes_[axis].num_values();
  values.push_back(static_cast<std::uint32_t>(count));  // the prior's: equal to none

  const double spread = options_.prior_weight / static_cast<double>(log_constants_.size());
  const double log_total = std::log1p(static_cast<double>(count) * spread);
  CategoryAxes& alike = categories_[count];
  alike.axes.push_back(axis);
  alike.log_hit_ratio = std::log1p(spread) - std::log(spread);
  const double log_miss = std::log(spread) - log_total;
  for (double& constant : std::span(log_constants_).first(rows.size())) constant += log_miss;
  log_constants_.back() -= std::log(static_cast<double>(count));
}

void ParzenEstimator::add_numeric(std::size_t axis, std::span<const std::uint32_t> rows) {
  const Observations::Column& column = observations_.column(axis);
  constexpr double kAbsent = -1.0;
  sigma_scratch_.assign(observations_.size(), kAbsent);
  for (const std::uint32_t row : rows) sigma_scratch_[row] = 0.0;
  std::vector<double> units;
  units.reserve(rows.size());
  for (const std::uint32_t row : column.order) {
    if (sigma_scratch_[row] != kAbsent) units.push_back(column.unit[row]);
  }
  const bool is_real = axes_[axis].kind() == Axis::Kind::kReal;
  const std::vector<double> sigmas =
      bandwidths(is_real ? options_.real_rule : options_.cell_rule, units, axes_.size());
  std::size_t next = 0;
  for (const std::uint32_t row : column.order) {
    if (sigma_scratch_[row] != kAbsent) sigma_scratch_[row] = sigmas[next++];
  }
  if (is_real) {
    add_real(axis, rows, sigma_scratch_);
  } else {
    add_cells(axis, rows, sigma_scratch_);
  }
}

void ParzenEstimator::add_real(std::size_t axis, std::span<const std::uint32_t> rows,
                               const std::vector<double>& sigma_of_row) {
  Observations::Column& column = observations_.column(axis);
  RealKernels& kernels = real_[axis];
  kernels.mean.resize(log_constants_.size());
  kernels.inverse_sigma.resize(log_constants_.size());
  std::size_t k = 0;
  for (const std::uint32_t row : rows) {
    const double sigma = sigma_of_row[row];
    if (column.sigma[row] != sigma) {
      column.sigma[row] = sigma;
      column.log_scale[row] = log_scale(column.unit[row], sigma);
    }
    kernels.mean[k] = column.unit[row];
    kernels.inverse_sigma[k] = 1.0 / sigma;
    log_constants_[k++] -= column.log_scale[row];
  }
  kernels.mean[k] = kPriorMean;
  kernels.inverse_sigma[k] = 1.0 / kPriorSigma;
  log_constants_[k] -= log_scale(kPriorMean, kPriorSigma);
}

void ParzenEstimator::add_cells(std::size_t axis, std::span<const std::uint32_t> rows,
                                const std::vector<double>& sigma_of_row) {
  const Observations::Column& column = observations_.column(axis);
  std::vector<bool> seen(axes_[axis].num_values(), false);
  for (const std::uint32_t row : rows) {
    const std::uint32_t cell = column.index[row];
    values_[axis].push_back(cell);
    if (seen[cell]) continue;
    seen[cell] = true;
    present_[axis].push_back(cell);
    masses_[axis].set_sigma(cell, sigma_of_row[row]);
  }
  values_[axis].push_back(masses_[axis].prior());
}

std::size_t ParzenEstimator::sample_kernel(Rng& rng) const {
  const double place = rng.uniform() * cumulative_weights_.back();
  const auto found = std::ranges::upper_bound(cumulative_weights_, place);
  return std::min(static_cast<std::size_t>(found - cumulative_weights_.begin()),
                  cumulative_weights_.size() - 1);
}

double ParzenEstimator::sample_axis(std::size_t axis, std::size_t kernel, Rng& rng) const {
  const Axis& described = axes_[axis];
  switch (described.kind()) {
    case Axis::Kind::kReal: {
      const double sigma = 1.0 / real_[axis].inverse_sigma[kernel];
      return described.from_unit(truncated_normal(real_[axis].mean[kernel], sigma, rng));
    }
    case Axis::Kind::kCells: {
      const std::uint32_t cell = values_[axis][kernel];
      const bool is_prior = cell == masses_[axis].prior();
      const double mean = is_prior ? kPriorMean : described.unit(cell);
      return described.from_unit(truncated_normal(mean, masses_[axis].sigma(cell), rng));
    }
    case Axis::Kind::kCategories:
      break;
  }
  const std::uint32_t category = values_[axis][kernel];
  const auto num_categories = static_cast<double>(described.num_values());
  const double spread = options_.prior_weight / static_cast<double>(log_constants_.size());
  if (category < described.num_values() && rng.uniform() * (1.0 + num_categories * spread) < 1.0) {
    return category;
  }
  return static_cast<double>(rng.index(described.num_values()));
}

void ParzenEstimator::compute_terms(const Point& point, std::span<const double* const> cell_columns,
                                    std::size_t first, std::size_t size) {
  std::copy_n(log_constants_.begin() + static_cast<std::ptrdiff_t>(first), size, terms_.begin());
  for (std::size_t j = 0; j < axes_.size(); ++j) {
    if (axes_[j].kind() == Axis::Kind::kReal) {
      subtract_squares(terms_.data(), real_[j].mean.data() + first,
                       real_[j].inverse_sigma.data() + first, point[j], size);
    } else if (axes_[j].kind() == Axis::Kind::kCells) {
      const std::uint32_t* values = values_[j].data() + first;
      for (std::size_t k = 0; k < size; ++k) terms_[k] += cell_columns[j][values[k]];
    }
  }
  for (const auto& [count, alike] : categories_) {
    std::fill_n(matches_.begin(), size, 0U);
    for (const std::size_t j : alike.axes) {
      count_matches(matches_.data(), values_[j].data() + first,
                    static_cast<std::uint32_t>(point[j]), size);
    }
    add_counts(terms_.data(), matches_.data(), alike.log_hit_ratio, size);
  }
}

std::vector<double> ParzenEstimator::log_densities(std::span<const Point> points) {
  // A block's kernels stay in the processor's nearest cache for all points.
  constexpr std::size_t kBlock = 256;
  terms_.resize(kBlock);
  matches_.resize(kBlock);
  std::vector<std::vector<const double*>> cell_columns(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    cell_columns[i].resize(axes_.size());
    for (std::size_t j = 0; j < axes_.size(); ++j) {
      if (axes_[j].kind() != Axis::Kind::kCells) continue;
      const auto cell = static_cast<std::uint32_t>(points[i][j]);
      cell_columns[i][j] = masses_[j].column(cell, present_[j]);
    }
  }
  std::vector<ExponentialSum> sums(points.size());
  for (std::size_t first = 0; first < log_constants_.size(); first += kBlock) {
    const std::size_t size = std::min(kBlock, log_constants_.size() - first);
    for (std::size_t i = 0; i < points.size(); ++i) {
      compute_terms(points[i], cell_columns[i], first, size);
      add_exponentials(sums[i], terms_.data(), size);
    }
  }
  std::vector<double> densities;
  for (const ExponentialSum& sum : sums) densities.push_back(sum.greatest + std::log(sum.factor));
  return densities;
}

}  // namespace mimar::hpo
