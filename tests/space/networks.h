#pragma once

#include <vector>

#include "base/rng.h"
#include "space/graph_space.h"

namespace mimar::space {

/// One small space of each family and kind.
std::vector<GraphSpace> one_graph_space_of_each_kind();

/// A uniformly drawn network of a space.
Architecture draw(const GraphSpace& space, Rng& rng);

}  // namespace mimar::space
