#include "hpo/tpe/observations.h"

#include <algorithm>

namespace mimar::hpo {

Observations::Observations(const std::vector<Axis>& axes) : axes_(axes), columns_(axes.size()) {}

void Observations::push(const Point& point) {
  const auto row = static_cast<std::uint32_t>(size_++);
  for (std::size_t j = 0; j < axes_.size(); ++j) {
    Column& column = columns_[j];
    if (axes_[j].kind() != Axis::Kind::kReal) {
      column.index.push_back(static_cast<std::uint32_t>(point[j]));
    }
    if (axes_[j].kind() == Axis::Kind::kCategories) continue;
    const double unit = axes_[j].unit(point[j]);
    const auto place = std::ranges::upper_bound(column.order, unit, {},
                                                [&](std::uint32_t i) { return column.unit[i]; });
    column.order.insert(place, row);
    column.unit.push_back(unit);
    column.sigma.push_back(0.0);
    column.log_scale.push_back(0.0);
  }
}

void Observations::pop() {
  --size_;
  for (std::size_t j = 0; j < axes_.size(); ++j) {
    Column& column = columns_[j];
    if (axes_[j].kind() != Axis::Kind::kReal) column.index.pop_back();
    if (axes_[j].kind() == Axis::Kind::kCategories) continue;
    // The last row is the last of its equals.
    const auto after = std::ranges::upper_bound(column.order, column.unit.back(), {},
                                                [&](std::uint32_t i) { return column.unit[i]; });
    column.order.erase(after - 1);
    column.unit.pop_back();
    column.sigma.pop_back();
    column.log_scale.pop_back();
  }
}

Point Observations::point(std::size_t row) const {
  Point point;
  for (std::size_t j = 0; j < axes_.size(); ++j) {
    const Column& column = columns_[j];
    point.push_back(axes_[j].kind() == Axis::Kind::kReal ? column.unit[row]
                                                         : static_cast<double>(column.index[row]));
  }
  return point;
}

}  // namespace mimar::hpo
