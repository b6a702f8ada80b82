#include "nas/counts.h"

#include "base/error.h"
#include "nas/cell_plan.h"
#include "nas/chain_plan.h"
#include "nas/macro_plan.h"

namespace mimar::nas {
namespace {

NetworkCounts operator+(const NetworkCounts& a, const NetworkCounts& b) {
  return {.parameters = checked_sum(a.parameters, b.parameters),
          .macs = checked_sum(a.macs, b.macs)};
}

NetworkCounts count_chain(const space::ChainArchitecture& chain, const OwnCounter& own) {
  const ChainPlan plan = plan_chain(chain);
  const std::int64_t head = checked_product({plan.classes, plan.output().channels + 1});
  NetworkCounts counts{.parameters = head, .macs = head};
  for (const LayerPlan& layer : plan.layers) {
    const auto* operation = std::get_if<OwnOperation>(&layer.operation);
    counts = counts + (operation != nullptr ? count_own(own, *operation, layer.input)
                                            : NetworkCounts{parameter_count(layer.operation),
                                                            macs(layer.operation, layer.input)});
  }
  return counts;
}

}  // namespace

bool is_chain(const space::Architecture& architecture) {
  return std::holds_alternative<space::ChainArchitecture>(architecture.graph);
}

GraphPlan plan_graph(const space::Architecture& architecture, const ImageTask& task,
                     bool auxiliary) {
  if (const auto* cells = std::get_if<space::CellArchitecture>(&architecture.graph)) {
    return plan_cells(*cells, {.task = task, .auxiliary = auxiliary});
  }
  const auto* macro = std::get_if<space::MacroArchitecture>(&architecture.graph);
  require(macro != nullptr, "a chain network is no graph of cells or macro layers");
  require(!auxiliary, "only networks of cells have an auxiliary head");
  return plan_macro(*macro, task);
}

NetworkCounts count(const space::Architecture& architecture, const ImageTask& task,
                    const OwnCounter& own) {
  if (const auto* chain = std::get_if<space::ChainArchitecture>(&architecture.graph)) {
    return count_chain(*chain, own);
  }
  return count(plan_graph(architecture, task), own);
}

NetworkCounts count(const GraphPlan& plan, const OwnCounter& own) {
  const std::int64_t head =
      checked_product({plan.classes, plan.output().channels + (plan.bias ? 1 : 0)});
  NetworkCounts counts{.parameters = head, .macs = head};
  for (const GraphNode& node : plan.nodes) {
    for (const GraphEdge& edge : node.edges) {
      const MapShape& input = plan.shape(edge.input);
      counts = counts + NetworkCounts{parameter_count(edge.sequence), macs(edge.sequence, input)} +
               count_own(own, edge.sequence, input);
    }
  }
  return counts;
}

std::int64_t auxiliary_parameter_count(const GraphPlan& plan) {
  if (!plan.auxiliary) return 0;
  const AuxiliaryPlan& head = *plan.auxiliary;
  const std::int64_t channels = output_shape(head.features, plan.shape(head.input)).channels;
  return checked_sum(parameter_count(head.features),
                     checked_product({plan.classes, channels + (head.bias ? 1 : 0)}));
}

std::int64_t parameter_count(const space::Architecture& architecture, const ImageTask& task) {
  return count(architecture, task).parameters;
}

std::int64_t macs(const space::Architecture& architecture, const ImageTask& task) {
  return count(architecture, task).macs;
}

}  // namespace mimar::nas
