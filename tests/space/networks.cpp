#include "tests/space/networks.h"

#include "space/search_space.h"
#include "tests/space/enumerate.h"

namespace mimar::space {

std::vector<GraphSpace> one_graph_space_of_each_kind() {
  const ChainSpace chain{
      .num_layers = 5,
      .input_sizes = {28, 28, 1},
      .output_sizes = {10},
      .operations = {
          {"convolution", {choice("filter_size", {"3", "5"}), whole("num_filter", 16, 64, 16)}},
          {"reduction", {choice("reduction_type", {"max_pooling", "avg_pooling"})}},
          {"identity", {}}}};
  return {chain, CellSpace{.kind = CellKind::kDarts}, CellSpace{.kind = CellKind::kEnasMicro},
          CellSpace{.kind = CellKind::kNasBench201}, MacroSpace{.num_layers = 6}};
}

Architecture draw(const GraphSpace& space, Rng& rng) {
  return decode(space, SearchSpace(expand(space)).sample(rng));
}

}  // namespace mimar::space
