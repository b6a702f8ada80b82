#pragma once

#include <cstdint>

#include "nas/graph_plan.h"
#include "space/architecture.h"

namespace mimar::nas {

/// What a network costs, in closed form: nothing is built, LibTorch is not needed.
struct NetworkCounts {
  std::int64_t parameters = 0;  // trained ones, biases and normalisation included
  std::int64_t macs = 0;        // multiply-adds for one image; the linear layer's bias counts one a
                                // class (NAS-Bench-201's convention), the rest of the network none

  bool operator==(const NetworkCounts&) const = default;
};

/// Lays out a network of cells or of the macro space for a task.
/// Errors: kInvalidArgument when the network is unsound, or a chain (see plan_chain), or when it
/// has no place for the auxiliary head.
GraphPlan plan_graph(const space::Architecture& architecture, const ImageTask& task,
                     bool auxiliary = false);

/// True for chain networks, which say themselves what images and classes they are for.
bool is_chain(const space::Architecture& architecture);

/// Counts a network as built for a task, which a chain does not heed.
/// Errors: kInvalidArgument when the network is unsound.
NetworkCounts count(const space::Architecture& architecture, const ImageTask& task = {});
NetworkCounts count(const GraphPlan& plan);

/// Parameters of the auxiliary head, which no other figure includes; 0 without one.
std::int64_t auxiliary_parameter_count(const GraphPlan& plan);

/// The two figures one by one.
std::int64_t parameter_count(const space::Architecture& architecture, const ImageTask& task = {});
std::int64_t macs(const space::Architecture& architecture, const ImageTask& task = {});

}  // namespace mimar::nas
