#pragma once

#include <Eigen/Core>

#include "base/rng.h"
#include "space/search_space.h"

namespace mimar::space {

/// Maps assignments to and from points of the unit cube, one coordinate per parameter in the
/// space's order, so that a uniform point gives every parameter its own distribution.
///
/// Countable domains own equal cells with half a step at both ends (space/parameter.h); an
/// inactive parameter's coordinate is NaN on the way out and ignored on the way in.
///
/// The space is borrowed and must outlive the encoding.
class UnitEncoding {
 public:
  explicit UnitEncoding(const SearchSpace& space) : space_(space) {}

  /// Shapes: returns [P], P parameters.
  /// Errors: kInvalidArgument when the assignment is not in the space.
  Eigen::VectorXd encode(const Assignment& assignment) const;

  /// Shapes: unit is [P], every coordinate of an active parameter in [0, 1].
  Assignment decode(const Eigen::VectorXd& unit) const;

 private:
  const SearchSpace& space_;
};

/// Maps assignments to feature vectors for models: numeric and ordinal parameters one coordinate
/// in [0, 1], categorical ones one-hot, plus for each conditional parameter an indicator that is 1
/// while it is active; the coordinates of an inactive one are 0.5 (numeric) or 0 (one-hot).
class FeatureEncoding {
 public:
  explicit FeatureEncoding(const SearchSpace& space);

  /// Number of features F.
  Eigen::Index size() const noexcept { return size_; }

  /// Shapes: returns [F].
  Eigen::VectorXd encode(const Assignment& assignment) const;

 private:
  const SearchSpace& space_;
  Eigen::Index size_ = 0;
};

}  // namespace mimar::space
