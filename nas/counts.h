#pragma once

#include <cstdint>

#include "nas/graph_plan.h"
#include "space/architecture.h"

namespace mimar::nas {

/// Lays out a network of cells or of the macro space for a task.
/// Errors: kInvalidArgument when the network is unsound, or a chain (see plan_chain), or when it
/// has no place for the auxiliary head.
GraphPlan plan_graph(const space::Architecture& architecture, const ImageTask& task,
                     bool auxiliary = false);

/// True for chain networks, which say themselves what images and classes they are for.
bool is_chain(const space::Architecture& architecture);

/// Counts a network as built for a task, which a chain does not heed, in closed form: nothing is
/// built and LibTorch is not needed, but for a user's own operations, which `own` counts.
/// Errors: kInvalidArgument when the network is unsound; kFailedPrecondition when it has operations
/// of the user's own and `own` is not given.
NetworkCounts count(const space::Architecture& architecture, const ImageTask& task = {},
                    const OwnCounter& own = {});
NetworkCounts count(const GraphPlan& plan, const OwnCounter& own = {});

/// Parameters of the auxiliary head, which no other figure includes; 0 without one.
std::int64_t auxiliary_parameter_count(const GraphPlan& plan);

/// The two figures one by one.
std::int64_t parameter_count(const space::Architecture& architecture, const ImageTask& task = {});
std::int64_t macs(const space::Architecture& architecture, const ImageTask& task = {});

}  // namespace mimar::nas
