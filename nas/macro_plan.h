#pragma once

#include "nas/graph_plan.h"
#include "space/architecture.h"

namespace mimar::nas {

/// Lays out a network of ENAS's macro space (Pham et al., arXiv:1802.03268, sec. 2.3; the fixed
/// architecture of general_child.py): stem 3x3 to C channels; each layer a branch
/// (plan_macro_branch) of the layer before, then, from the second layer on, its skips and the
/// branch side by side, ReLU, 1x1, normalisation. After layers L/3 - 1 and 2 (L/3) - 1 (rounded
/// down) every map so far is halved with twice the channels. The linear layer has no bias.
///
/// Unlike the published final network, separable convolutions are separable here too (that code
/// builds them as full ones), and branches are those of the search: 1x1 first, ReLU last.
/// Errors: kInvalidArgument, naming the layer, when a map does not fit or an operation is unknown.
GraphPlan plan_macro(const space::MacroArchitecture& architecture, const ImageTask& task = {});

}  // namespace mimar::nas
