#include "hpo/tpe/axis.h"

#include <algorithm>
#include <optional>

#include "base/error.h"

namespace mimar::hpo {
namespace {

/// Edges from the middles of touching cells that fill [0, 1].
std::vector<double> cell_edges(const space::Domain& domain, std::size_t num_values) {
  std::vector<double> edges = {0.0};
  for (std::size_t i = 0; i + 1 < num_values; ++i) {
    const double middle = space::to_unit(domain, space::value_at(domain, i));
    edges.push_back(std::clamp(2.0 * middle - edges.back(), edges.back(), 1.0));
  }
  edges.push_back(1.0);
  return edges;
}

}  // namespace

Axis::Axis(const space::Domain& domain) : domain_(domain) {
  const std::optional<std::uint64_t> count = space::num_values(domain);
  if (std::holds_alternative<space::CategoricalDomain>(domain)) {
    kind_ = Kind::kCategories;
    num_values_ = *count;
  } else if (count && *count <= kMaxCells) {
    kind_ = Kind::kCells;
    num_values_ = *count;
    edges_ = cell_edges(domain, num_values_);
  } else {
    is_grid_ = count.has_value();
  }
}

double Axis::coordinate(const space::Value& value) const {
  if (kind_ == Kind::kReal) return space::to_unit(domain_, value);
  const std::optional<std::uint64_t> index = space::find_index(domain_, value);
  require(index.has_value(), "value ", space::to_text(value), " does not lie in its domain");
  return static_cast<double>(*index);
}

space::Value Axis::value(double coordinate) const {
  if (kind_ == Kind::kReal) return space::from_unit(domain_, coordinate);
  return space::value_at(domain_, static_cast<std::uint64_t>(coordinate));
}

double Axis::unit(double coordinate) const {
  if (kind_ != Kind::kCells) return coordinate;
  const auto index = static_cast<std::size_t>(coordinate);
  return 0.5 * (edges_[index] + edges_[index + 1]);
}

double Axis::from_unit(double unit) const {
  if (kind_ == Kind::kCells) {
    const auto above = std::upper_bound(edges_.begin() + 1, edges_.end() - 1, unit);
    return static_cast<double>(above - (edges_.begin() + 1));
  }
  return is_grid_ ? space::to_unit(domain_, space::from_unit(domain_, unit)) : unit;
}

}  // namespace mimar::hpo
