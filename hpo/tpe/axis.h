#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "space/parameter.h"

namespace mimar::hpo {

/// One coordinate for each parameter of a group: what Axis::coordinate gives.
using Point = std::vector<double>;

/// How one parameter looks to a density estimator.
///
/// Real: a coordinate is the place on the unit scale of the parameter's own distribution. Cells
/// (stepped, whole and ordinal parameters of at most kMaxCells values) and categories: a coordinate
/// is the index of the value. Longer grids are taken as real, for their cells are narrower than
/// the narrowest kernel.
class Axis {
 public:
  enum class Kind { kReal, kCells, kCategories };

  static constexpr std::size_t kMaxCells = 128;

  explicit Axis(const space::Domain& domain);

  Kind kind() const noexcept { return kind_; }

  /// Number of values of cells and categories.
  std::size_t num_values() const noexcept { return num_values_; }

  /// Edges of the cells on the unit scale, num_values + 1 from 0 to 1.
  std::span<const double> edges() const noexcept { return edges_; }

  double coordinate(const space::Value& value) const;
  space::Value value(double coordinate) const;

  /// The place of a coordinate on the unit scale: itself, or the middle of the cell.
  double unit(double coordinate) const;

  /// The coordinate of a place on the unit scale: the cell around it, or the nearest value.
  double from_unit(double unit) const;

 private:
  space::Domain domain_;
  Kind kind_ = Kind::kReal;
  bool is_grid_ = false;  // real only in name
  std::size_t num_values_ = 0;
  std::vector<double> edges_;
};

}  // namespace mimar::hpo
