#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "nas/cell_plan.h"

namespace mimar::trainer {

/// Everything `mimar-train count` can be told: one of network, genotype and supernet.
struct CountOptions {
  std::optional<std::string> network = {};   // JSON of an Architecture, or @FILE
  std::optional<std::string> genotype = {};  // a published name, a genotype, or @FILE
  std::optional<std::string> supernet = {};  // "darts", "pc-darts"
  std::optional<std::int64_t> channels = {};
  std::optional<std::int64_t> cells = {};
  nas::Stem stem = nas::Stem::kCifar;          // also decides the sizes that are not given
  std::optional<std::string> input_size = {};  // "HEIGHT,WIDTH,CHANNELS"
  std::optional<std::int64_t> classes = {};
  bool auxiliary = false;
};

/// Counts a network without building it: {"parameter-count":...,"macs":...}, and with `auxiliary`
/// also "auxiliary-parameter-count", which the first figure leaves out.
/// Errors: kInvalidArgument when a flag does not apply to the network, or when it cannot be laid
/// out; kNotFound for a file.
Json count_network(const CountOptions& options);

}  // namespace mimar::trainer
