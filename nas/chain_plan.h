#pragma once

#include <cstdint>
#include <vector>

#include "nas/operations/operation_plan.h"
#include "space/architecture.h"

namespace mimar::nas {

/// One layer of a chain, laid out. Its input is the concatenation, on channels, of its sources in
/// the order of `sources`; one with a larger map than the first is average-pooled to its size.
struct LayerPlan {
  std::vector<std::size_t> sources;  // 0: the network's input, k > 0: the output of layer k - 1
  MapShape input;                    // after the concatenation
  OperationPlan operation;
  MapShape output;
};

/// A chain network with every shape decided: layers, then global average pooling, then a linear
/// layer with bias to the classes.
struct ChainPlan {
  MapShape input;
  std::vector<LayerPlan> layers;
  std::int64_t classes = 2;

  /// Shape of source `number` as a layer names it.
  const MapShape& source_shape(std::size_t number) const {
    return number == 0 ? input : layers[number - 1].output;
  }
  /// Shape of the map that the head pools.
  const MapShape& output() const { return source_shape(layers.size()); }
};

/// Lays a chain out.
/// Errors: kInvalidArgument naming the fault's place: "layers[2]: ...", "input_sizes: ...".
ChainPlan plan_chain(const space::ChainArchitecture& architecture);

}  // namespace mimar::nas
