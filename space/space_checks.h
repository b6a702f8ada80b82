#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "space/condition.h"
#include "space/parameter.h"

namespace mimar::space {

/// What checking a list of parameters finds out about it, faults included.
struct CheckedParameters {
  std::vector<CompiledWhen> compiled;               // by parameter
  std::vector<std::optional<std::size_t>> partner;  // by parameter: who must exceed it
  std::vector<std::size_t> order;                   // parents first, else as given
  std::vector<std::string> problems;                // sentences; empty when all is well
};

using FindIndex = std::function<std::optional<std::size_t>(std::string_view)>;

/// Checks domains, conditions, `above` bonds and cycles. Double names are the caller's matter.
CheckedParameters check_parameters(std::span<const Parameter> parameters,
                                   const FindIndex& find_index_of);

}  // namespace mimar::space
