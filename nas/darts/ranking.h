#pragma once

#include <vector>

#include "nas/darts/alphas.h"
#include "nas/one_shot_search.h"

namespace mimar::nas {

/// What a network derived from a supernet looks like, but for its cells.
struct DerivedSize {
  int num_nodes = 4;
  int num_cells = 8;
  int init_channels = 16;
};

/// The `count` architectures that alphas favour most. The score of one is the sum, over the two
/// edges that each node keeps, of the logarithm of their operations' weights after the softmax; the
/// first is what `derive` gives. None comes twice; fewer when there are not so many.
/// Shapes: alphas [E, K], as in Alphas. Errors: as derive, and when `count` is not positive.
std::vector<RankedArchitecture> rank_derived(const Alphas& alphas,
                                             const std::vector<std::string>& operations,
                                             const DerivedSize& size, int count);

}  // namespace mimar::nas
