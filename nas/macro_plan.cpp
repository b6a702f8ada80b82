#include "nas/macro_plan.h"

#include <string>
#include <vector>

#include "base/error.h"
#include "nas/operations/primitive_plan.h"

namespace mimar::nas {
namespace {

/// Halves every map so far, so that later layers may still read all of them.
void halve_all(GraphPlan& plan, std::vector<std::size_t>& maps, std::size_t layer,
               std::int64_t channels) {
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const std::int64_t in = plan.shape(maps[i]).channels;
    maps[i] = add_node(plan, concat("layer", layer, "_halved", i), maps[i],
                       factorized_reduce(in, channels, false));
  }
}

/// maps[0] is the stem, maps[k] layer k - 1.
std::size_t add_layer(GraphPlan& plan, const std::vector<std::size_t>& maps,
                      const space::MacroLayer& layer, std::int64_t channels) {
  const std::size_t index = maps.size() - 1;
  const std::string name = concat("layer", index);
  const std::int64_t in = plan.shape(maps.back()).channels;
  std::size_t node =
      add_node(plan, name + "_branch", maps.back(), plan_macro_branch(layer.op, in, channels));
  if (index == 0) {
    require(layer.skips.empty(), name, ": the first layer has no skips");
    return node;
  }
  std::vector<GraphEdge> parts;
  for (const int skip : layer.skips) {
    require(skip >= 0 && static_cast<std::size_t>(skip) < index, name, ": skip ", skip,
            " is none of 0..", index - 1);
    parts.push_back(
        {.input = maps[static_cast<std::size_t>(skip)], .sequence = {}, .droppable = false});
  }
  if (!parts.empty()) {
    parts.push_back({.input = node, .sequence = {}, .droppable = false});
    node = add_node(plan, name + "_sources", Join::kConcat, std::move(parts));
  }
  return add_node(plan, name + "_merged", node,
                  relu_conv_norm(plan.shape(node).channels, channels));
}

}  // namespace

GraphPlan plan_macro(const space::MacroArchitecture& architecture, const ImageTask& task) {
  require(!architecture.layers.empty(), "layers: a network has at least one layer");
  const std::size_t third = architecture.layers.size() / 3;
  GraphPlan plan = begin_graph(task);
  plan.bias = false;
  std::int64_t channels = architecture.init_channels;
  std::vector<std::size_t> maps = {add_node(
      plan, "stem", 0, {square_kernel(task.image.channels, channels, 3), NormStep{channels}})};
  for (const space::MacroLayer& layer : architecture.layers) {
    const std::size_t index = maps.size() - 1;
    maps.push_back(add_layer(plan, maps, layer, channels));
    if (third > 0 && (index + 1 == third || index + 1 == 2 * third)) {
      channels *= 2;
      halve_all(plan, maps, index, channels);
    }
  }
  return plan;
}

}  // namespace mimar::nas
