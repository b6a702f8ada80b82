#pragma once

#include <cstddef>
#include <vector>

#include "local/memory_watch.h"

namespace mimar::local {

/// Binds to the cores `to` every thread of a replica's processes that is still bound to the cores
/// `from`, those that come up meanwhile included. What has chosen other cores for itself stays
/// where it is. Returns how many threads were moved.
std::size_t move_to_cores(const ProcessRoot& root, const std::vector<int>& from,
                          const std::vector<int>& to);

}  // namespace mimar::local
