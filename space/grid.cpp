#include "space/grid.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/number_text.h"

namespace mimar::space {
namespace {

// Bounds typed with few digits may miss the grid by rounding alone: 0.3 is 2.9999999999999996
// steps of 0.1.
constexpr double kGridTolerance = 1e-9;

/// Digits after the decimal point in the shortest text of `x`; negative for 1e+20.
int num_decimals(double x) {
  const std::string text = mimar::to_text(x);
  const std::size_t exponent_at = text.find('e');
  int exponent = 0;
  if (exponent_at != std::string::npos) exponent = std::stoi(text.substr(exponent_at + 1));
  const std::size_t digits_end = std::min(exponent_at, text.size());
  const std::size_t dot = text.find('.');
  const int fraction = dot == std::string::npos ? 0 : static_cast<int>(digits_end - dot - 1);
  return fraction - exponent;
}

double rounded_to_decimals(double x, int decimals) {
  constexpr int kMostDecimals = 22;  // 10^22 is the last power of ten that a double holds exactly
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (decimals < 0 || decimals > kMostDecimals) return x;
  const double scale = std::pow(10.0, decimals);
  const double scaled = std::round(x * scale);
  if (!(std::abs(scaled) < kExact)) return x;
  return scaled / scale;  // one correctly rounded division: the double nearest to that decimal
}

}  // namespace

std::uint64_t num_grid_values(double low, double high, double step) {
  const double steps = (high - low) / step;
  if (!(step > 0.0) || !(steps >= 0.0)) return 0;
  const double last = std::floor(steps + kGridTolerance * std::max(1.0, steps));
  constexpr double kLimit = 9.0e18;
  return last < kLimit ? static_cast<std::uint64_t>(last) + 1
                       : std::numeric_limits<std::uint64_t>::max();
}

std::uint64_t num_grid_values(const IntegerDomain& domain) {
  if (domain.step < 1 || domain.high < domain.low) return 0;
  const std::uint64_t range =
      static_cast<std::uint64_t>(domain.high) - static_cast<std::uint64_t>(domain.low);
  const std::uint64_t last = range / static_cast<std::uint64_t>(domain.step);
  return last == std::numeric_limits<std::uint64_t>::max() ? last : last + 1;
}

double real_grid_value(const RealDomain& domain, std::uint64_t index) {
  const double step = domain.step.value_or(0.0);
  const int decimals = std::max(num_decimals(domain.low), num_decimals(step));
  const double value = domain.low + static_cast<double>(index) * step;
  return std::min(rounded_to_decimals(value, decimals), domain.high);
}

std::int64_t integer_grid_value(const IntegerDomain& domain, std::uint64_t index) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(domain.low) +
                                   index * static_cast<std::uint64_t>(domain.step));
}

std::uint64_t nearest_real_grid_index(const RealDomain& domain, double value) {
  const double step = domain.step.value_or(0.0);
  const std::uint64_t count = num_grid_values(domain.low, domain.high, step);
  const double steps = std::round((value - domain.low) / step);
  if (!(steps > 0.0)) return 0;
  return steps < static_cast<double>(count - 1) ? static_cast<std::uint64_t>(steps) : count - 1;
}

std::optional<std::uint64_t> find_real_grid_index(const RealDomain& domain, double value) {
  if (!std::isfinite(value)) return std::nullopt;
  constexpr double kStepShare = 1e-6;
  const double tolerance = std::max(kStepShare * domain.step.value_or(0.0),
                                    4.0 * std::numeric_limits<double>::epsilon() * std::abs(value));
  const std::uint64_t index = nearest_real_grid_index(domain, value);
  if (std::abs(real_grid_value(domain, index) - value) > tolerance) return std::nullopt;
  return index;
}

}  // namespace mimar::space
