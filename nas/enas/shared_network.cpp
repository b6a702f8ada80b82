#include "nas/enas/shared_network.h"

#include "base/error.h"
#include "nas/enas/shared_cells.h"
#include "nas/enas/shared_layers.h"

namespace mimar::nas {

std::shared_ptr<SharedNetworkImpl> make_shared_network(const space::GraphSpace& space,
                                                       const ImageTask& task) {
  if (const auto* cells = std::get_if<space::CellSpace>(&space)) {
    return std::make_shared<SharedCellsImpl>(*cells, task);
  }
  const auto* layers = std::get_if<space::MacroSpace>(&space);
  require(layers != nullptr, "weights are shared among ENAS's cells or its macro layers only");
  return std::make_shared<SharedLayersImpl>(*layers, task);
}

}  // namespace mimar::nas
