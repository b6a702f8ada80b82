#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nas/cell_plan.h"
#include "space/architecture.h"

namespace mimar::nas {

/// A network of cells from the literature.
struct PublishedNetwork {
  std::string name;
  space::CellArchitecture cells;
  CellOutput output = CellOutput::kAllNodes;
};

/// The cells that DARTS's code lists (NASNet, AmoebaNet, DARTS_V1, DARTS_V2), PC_DARTS_cifar, and
/// ENAS_micro, the best cell of ENAS's code.
const std::vector<PublishedNetwork>& published_networks();

/// The network of that name, upper and lower case told apart.
std::optional<PublishedNetwork> find_published_network(std::string_view name);

}  // namespace mimar::nas
