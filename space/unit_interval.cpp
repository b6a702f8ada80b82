// from_unit and to_unit: distribution functions of the numeric domains and their inverses.

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "space/grid.h"
#include "space/parameter.h"

namespace mimar::space {
namespace {

bool is_log(Distribution distribution) {
  return distribution == Distribution::kLogUniform || distribution == Distribution::kLogNormal;
}

bool is_normal(Distribution distribution) {
  return distribution == Distribution::kNormal || distribution == Distribution::kLogNormal;
}

/// A distribution over offsets t = x - low from -half_step to (last - low) + half_step.
///
/// Works on the axis y(t) = t, or log(x / low) for log kinds, which keeps its precision even where
/// low is huge against the range.
class Spread {
 public:
  /// `last` is the greatest value of the domain; `half_step` is 0 for a continuous one.
  Spread(Distribution distribution, double low, double high, double last, double half_step)
      : log_(is_log(distribution)), normal_(is_normal(distribution)), low_(low) {
    first_edge_ = to_axis(lowest_offset(-half_step));
    last_edge_ = to_axis(last - low + half_step);
    if (!normal_) return;
    const double range = to_axis(high - low);
    mean_ = 0.5 * range;
    sigma_ = range / 6.0;
    first_mass_ = normal_cdf((first_edge_ - mean_) / sigma_);
    last_mass_ = normal_cdf((last_edge_ - mean_) / sigma_);
  }

  /// Share of the distribution below the offset.
  double share_below(double offset) const {
    const double y = to_axis(lowest_offset(offset));
    const double share =
        normal_ ? (normal_cdf((y - mean_) / sigma_) - first_mass_) / (last_mass_ - first_mass_)
                : (y - first_edge_) / (last_edge_ - first_edge_);
    return std::clamp(share, 0.0, 1.0);
  }

  double offset_at(double share) const {
    const double y =
        normal_ ? mean_ + sigma_ * inverse_normal_cdf(std::lerp(first_mass_, last_mass_, share))
                : std::lerp(first_edge_, last_edge_, share);
    return log_ ? low_ * std::expm1(y) : y;
  }

 private:
  double to_axis(double offset) const { return log_ ? std::log1p(offset / low_) : offset; }

  // Half a step below a small `low` may be no positive number; half of `low` is the floor then.
  double lowest_offset(double offset) const {
    return log_ ? std::max(offset, -0.5 * low_) : offset;
  }

  bool log_;
  bool normal_;
  double low_;
  double first_edge_ = 0.0;
  double last_edge_ = 1.0;
  double mean_ = 0.0;
  double sigma_ = 1.0;
  double first_mass_ = 0.0;
  double last_mass_ = 1.0;
};

/// The equal steps of a countable numeric domain.
struct Steps {
  Distribution distribution;
  double low;
  double high;
  double step;
  std::uint64_t count;

  Spread spread() const {
    return {distribution, low, high, low + static_cast<double>(count - 1) * step, 0.5 * step};
  }
};

std::uint64_t equal_cell_index(std::uint64_t count, double u) {
  const double cell = std::floor(u * static_cast<double>(count));
  return std::min(static_cast<std::uint64_t>(cell), count - 1);
}

double equal_cell_middle(std::uint64_t count, std::uint64_t index) {
  return (static_cast<double>(index) + 0.5) / static_cast<double>(count);
}

std::uint64_t index_at(const Steps& steps, double u) {
  if (steps.distribution == Distribution::kUniform || steps.count == 1) {
    return equal_cell_index(steps.count, u);
  }
  const double nearest = std::floor(steps.spread().offset_at(u) / steps.step + 0.5);
  return static_cast<std::uint64_t>(std::clamp(nearest, 0.0, static_cast<double>(steps.count - 1)));
}

double cell_middle(const Steps& steps, std::uint64_t index) {
  if (steps.distribution == Distribution::kUniform || steps.count == 1) {
    return equal_cell_middle(steps.count, index);
  }
  const Spread spread = steps.spread();
  const double offset = static_cast<double>(index) * steps.step;
  return 0.5 * (spread.share_below(offset - 0.5 * steps.step) +
                spread.share_below(offset + 0.5 * steps.step));
}

Steps steps_of(const IntegerDomain& domain) {
  return {domain.distribution, static_cast<double>(domain.low), static_cast<double>(domain.high),
          static_cast<double>(domain.step), num_grid_values(domain)};
}

Steps steps_of(const RealDomain& domain, double step) {
  return {domain.distribution, domain.low, domain.high, step,
          num_grid_values(domain.low, domain.high, step)};
}

Spread spread_of(const RealDomain& domain) {
  return {domain.distribution, domain.low, domain.high, domain.high, 0.0};
}

struct FromUnit {
  double u;

  Value operator()(const RealDomain& domain) const {
    if (domain.step) return real_grid_value(domain, index_at(steps_of(domain, *domain.step), u));
    if (domain.low == domain.high) return domain.low;
    if (domain.distribution == Distribution::kUniform) {
      return std::lerp(domain.low, domain.high, u);
    }
    return std::clamp(domain.low + spread_of(domain).offset_at(u), domain.low, domain.high);
  }
  Value operator()(const IntegerDomain& domain) const {
    return integer_grid_value(domain, index_at(steps_of(domain), u));
  }
  Value operator()(const OrdinalDomain& domain) const {
    return domain.values[equal_cell_index(domain.values.size(), u)];
  }
  Value operator()(const CategoricalDomain& domain) const {
    return domain.values[equal_cell_index(domain.values.size(), u)];
  }
};

struct ToUnit {
  const Domain& whole;
  const Value& value;

  double operator()(const RealDomain& domain) const {
    if (domain.step) return cell_middle(steps_of(domain, *domain.step), index());
    if (domain.low == domain.high) return 0.5;
    return spread_of(domain).share_below(std::get<double>(value) - domain.low);
  }
  double operator()(const IntegerDomain& domain) const {
    return cell_middle(steps_of(domain), index());
  }
  double operator()(const OrdinalDomain& domain) const {
    return equal_cell_middle(domain.values.size(), index());
  }
  double operator()(const CategoricalDomain& domain) const {
    return equal_cell_middle(domain.values.size(), index());
  }

 private:
  std::uint64_t index() const { return *find_index(whole, value); }
};

}  // namespace

Value from_unit(const Domain& domain, double u) {
  require(u >= 0.0 && u <= 1.0, "a unit coordinate must lie in [0, 1], got ", u);
  return std::visit(FromUnit{u}, domain);
}

double to_unit(const Domain& domain, const Value& value) {
  require(contains(domain, value), "value ", to_text(value), " does not lie in its domain");
  return std::visit(ToUnit{domain, value}, domain);
}

}  // namespace mimar::space
