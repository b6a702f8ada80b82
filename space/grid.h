#pragma once

#include <cstdint>
#include <optional>

#include "space/parameter.h"

namespace mimar::space {

/// The most values a numeric domain may have, so that each has a cell that doubles can tell from
/// its neighbours'. Log and normal kinds spend some of the precision on their curve.
inline constexpr std::uint64_t kMaxUniformValues = std::uint64_t{1} << 50U;
inline constexpr std::uint64_t kMaxCurvedValues = std::uint64_t{1} << 40U;

/// Number of values of a stepped domain, 0 when its bounds or step are unsound; saturates.
std::uint64_t num_grid_values(double low, double high, double step);
std::uint64_t num_grid_values(const IntegerDomain& domain);

/// low + index * step without the dust of binary fractions: rounded to the decimals that `low` and
/// `step` are written with, and never above `high`.
double real_grid_value(const RealDomain& domain, std::uint64_t index);
std::int64_t integer_grid_value(const IntegerDomain& domain, std::uint64_t index);

/// Index of the grid value that equals `value` up to rounding.
std::optional<std::uint64_t> find_real_grid_index(const RealDomain& domain, double value);

/// Index of the grid value nearest to `value`, which may lie outside the range.
std::uint64_t nearest_real_grid_index(const RealDomain& domain, double value);

}  // namespace mimar::space
