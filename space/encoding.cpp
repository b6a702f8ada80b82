#include "space/encoding.h"

#include <limits>

#include "base/error.h"
#include "space/ordered_pair.h"

namespace mimar::space {
namespace {

void require_in_space(const SearchSpace& space, const Assignment& assignment) {
  const std::vector<std::string> problems = space.problems(assignment);
  require(problems.empty(),
          "the assignment is not in the space: ", problems.empty() ? "" : problems.front());
}

/// The list of a categorical domain, else null.
const std::vector<std::string>* find_categories(const Domain& domain) {
  const auto* categorical = std::get_if<CategoricalDomain>(&domain);
  return categorical == nullptr ? nullptr : &categorical->values;
}

Eigen::Index num_features(const Parameter& parameter) {
  const auto* categories = find_categories(parameter.domain);
  const Eigen::Index own =
      categories == nullptr ? 1 : static_cast<Eigen::Index>(categories->size());
  return own + (parameter.when.empty() ? 0 : 1);
}

}  // namespace

Eigen::VectorXd UnitEncoding::encode(const Assignment& assignment) const {
  require_in_space(space_, assignment);
  Eigen::VectorXd unit(static_cast<Eigen::Index>(space_.size()));
  Eigen::Index at = 0;
  for (const Parameter& parameter : space_.parameters()) {
    const auto value = assignment.find(parameter.name);
    unit[at++] = value == assignment.end() ? std::numeric_limits<double>::quiet_NaN()
                                           : to_unit(parameter.domain, value->second);
  }
  return unit;
}

Assignment UnitEncoding::decode(const Eigen::VectorXd& unit) const {
  require(unit.size() == static_cast<Eigen::Index>(space_.size()), "a point of this space has ",
          space_.size(), " coordinates, got ", unit.size());
  Assignment assignment;
  for (const std::size_t index : space_.order()) {
    if (!space_.is_active(index, assignment)) continue;
    const Parameter& parameter = space_.parameters()[index];
    if (parameter.above) continue;  // the lower one of a pair sets both
    const auto value_of = [&](std::size_t i) {
      return from_unit(space_.parameters()[i].domain, unit[static_cast<Eigen::Index>(i)]);
    };
    Value value = value_of(index);
    if (const std::optional<std::size_t> partner = space_.partner(index)) {
      const Parameter& upper = space_.parameters()[*partner];
      ValuePair pair =
          OrderedPair(parameter.domain, upper.domain)
              .repaired({std::get<std::string>(value), std::get<std::string>(value_of(*partner))});
      value = std::move(pair.lower);
      assignment[upper.name] = std::move(pair.upper);
    }
    assignment[parameter.name] = std::move(value);
  }
  return assignment;
}

FeatureEncoding::FeatureEncoding(const SearchSpace& space) : space_(space) {
  for (const Parameter& parameter : space.parameters()) size_ += num_features(parameter);
}

Eigen::VectorXd FeatureEncoding::encode(const Assignment& assignment) const {
  require_in_space(space_, assignment);
  Eigen::VectorXd features = Eigen::VectorXd::Zero(size_);
  Eigen::Index at = 0;
  for (const Parameter& parameter : space_.parameters()) {
    const auto value = assignment.find(parameter.name);
    const bool active = value != assignment.end();
    if (const auto* categories = find_categories(parameter.domain)) {
      if (active) {
        const auto chosen = find_index(parameter.domain, value->second);
        features[at + static_cast<Eigen::Index>(*chosen)] = 1.0;
      }
      at += static_cast<Eigen::Index>(categories->size());
    } else {
      features[at++] = active ? to_unit(parameter.domain, value->second) : 0.5;
    }
    if (!parameter.when.empty()) features[at++] = active ? 1.0 : 0.0;
  }
  return features;
}

}  // namespace mimar::space
