#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hpo/tpe/axis.h"

namespace mimar::hpo {

/// The trials of a group of parameters, column by column.
///
/// Each numeric column is kept sorted as rows come, so that a density estimator never sorts. The
/// axes are borrowed and must outlive this.
class Observations {
 public:
  struct Column {
    std::vector<double> unit;          // place on the unit scale (numeric axes)
    std::vector<std::uint32_t> index;  // value (cells and categories)
    std::vector<std::uint32_t> order;  // rows by unit, of equals the earlier first
    // The last kernel made of each row; its scale is costly, so it is kept while sigma is the same.
    std::vector<double> sigma;
    std::vector<double> log_scale;
  };

  explicit Observations(const std::vector<Axis>& axes);

  std::size_t size() const noexcept { return size_; }

  void push(const Point& point);

  /// Removes the last row.
  void pop();

  Column& column(std::size_t axis) { return columns_[axis]; }

  Point point(std::size_t row) const;

 private:
  const std::vector<Axis>& axes_;
  std::vector<Column> columns_;
  std::size_t size_ = 0;
};

}  // namespace mimar::hpo
