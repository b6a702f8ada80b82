#pragma once

#include <vector>

#include "controller/decision_plan.h"

namespace mimar::controller {

/// How many anchors a plan has, and how many of them are given: those of the networks' inputs.
struct AnchorCounts {
  int all = 0;
  int given = 0;
};

/// Reads from the labels which decisions name an earlier layer or node, and makes them score by
/// attention: "chain.layer3.skip1", "macro.layer4.skip2", "cell.normal.node3.input0".
AnchorCounts link_anchors(const space::SearchSpace& space, std::vector<Decision>& decisions);

}  // namespace mimar::controller
