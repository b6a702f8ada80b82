#pragma once

#include <algorithm>
#include <vector>

#include "hpo/multi_objective/score.h"

namespace mimar::objectives {

/// The area that feasible scores of two objectives dominate within the reference point.
inline double hypervolume(std::vector<hpo::Score> scores, double reference0, double reference1) {
  std::sort(scores.begin(), scores.end(),
            [](const hpo::Score& a, const hpo::Score& b) { return a.costs < b.costs; });
  double area = 0.0;
  double height = reference1;
  for (const hpo::Score& score : scores) {
    if (!score.is_feasible() || score.costs[0] >= reference0 || score.costs[1] >= height) continue;
    area += (reference0 - score.costs[0]) * (height - score.costs[1]);
    height = score.costs[1];
  }
  return area;
}

}  // namespace mimar::objectives
