#pragma once

#include <string>
#include <vector>

#include "nas/graph_plan.h"
#include "space/architecture.h"
#include "space/primitives.h"
#include "tests/space/networks.h"

namespace mimar::nas {

/// Images that DARTS, ENAS and NAS-Bench-201 networks with odd and even sides shrink to little.
inline constexpr ImageTask kSmallTask{.image = {.channels = 2, .height = 16, .width = 16},
                                      .classes = 5};

/// Small networks of every kind but chains, with every primitive, drawn at random.
inline std::vector<space::Architecture> draw_graphs(Rng& rng) {
  const std::vector<std::string>& all = space::known_primitives();
  std::vector<space::Architecture> networks;
  for (const auto kind :
       {space::CellKind::kDarts, space::CellKind::kEnasMicro, space::CellKind::kNasBench201}) {
    networks.push_back(space::draw(space::CellSpace{.kind = kind,
                                                    .primitives = all,
                                                    .num_nodes = 4,
                                                    .num_cells = 3 + static_cast<int>(rng.index(3)),
                                                    .init_channels = 4},
                                   rng));
  }
  networks.push_back(space::draw(space::MacroSpace{.num_layers = 2 + static_cast<int>(rng.index(5)),
                                                   .skip_connections = true,
                                                   .init_channels = 4},
                                 rng));
  return networks;
}

}  // namespace mimar::nas
