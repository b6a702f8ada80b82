#include "nas/counts.h"

#include "base/error.h"
#include "nas/chain_plan.h"

namespace mimar::nas {

NetworkCounts count(const space::Architecture& architecture) {
  const auto* chain = std::get_if<space::ChainArchitecture>(&architecture.graph);
  require(chain != nullptr, "only chain networks can be counted and built so far");
  const ChainPlan plan = plan_chain(*chain);

  const std::int64_t head = checked_product({plan.classes, plan.output().channels + 1});
  NetworkCounts counts{.parameters = head, .macs = head};
  for (const LayerPlan& layer : plan.layers) {
    counts.parameters = checked_sum(counts.parameters, parameter_count(layer.operation));
    counts.macs = checked_sum(counts.macs, macs(layer.operation, layer.input));
  }
  return counts;
}

std::int64_t parameter_count(const space::Architecture& architecture) {
  return count(architecture).parameters;
}

std::int64_t macs(const space::Architecture& architecture) { return count(architecture).macs; }

}  // namespace mimar::nas
