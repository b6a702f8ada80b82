#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "nas/cell_plan.h"

namespace mimar::trainer {

/// Which network `mimar-train count` and `latency` mean: one of network, genotype and supernet.
struct CountOptions {
  std::optional<std::string> network = {};   // JSON of an Architecture, or @FILE
  std::string operations_dir = ".";          // of the user's own operations in `network`
  std::optional<std::string> genotype = {};  // a published name, a genotype, or @FILE
  std::optional<std::string> supernet = {};  // "darts", "pc-darts"
  std::optional<std::int64_t> channels = {};
  std::optional<std::int64_t> cells = {};
  nas::Stem stem = nas::Stem::kCifar;  // also decides the sizes that are not given
  std::optional<std::vector<std::int64_t>> input_size = {};  // height, width, channels
  std::optional<std::int64_t> classes = {};
  bool auxiliary = false;
};

/// Counts a network without building it (but for the user's own operations, which `own` counts):
/// {"parameter-count":...,"macs":...}, and with `auxiliary` also "auxiliary-parameter-count", which
/// the first figure leaves out. Errors: kInvalidArgument when a flag does not apply to the network,
/// or when it cannot be laid out; kNotFound for a file.
Json count_network(const CountOptions& options, const nas::OwnCounter& own = {});

/// The plan of a network of cells or of the macro space; nothing for a chain, which says itself
/// what it is for.
/// Errors: as count_network.
std::optional<nas::GraphPlan> find_graph_plan(const CountOptions& options);

}  // namespace mimar::trainer
