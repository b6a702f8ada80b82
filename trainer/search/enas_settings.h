#pragma once

#include <cstdint>

#include "nas/enas/enas_options.h"
#include "trainer/search/search_options.h"

namespace mimar::trainer {

/// What a search by ENAS with shared weights was told, read.
struct EnasPlan {
  nas::EnasOptions options;
  std::int64_t batch_size = 128;
  std::int64_t seed = 0;
};

/// Reads settings, operations and layers of `options`. The policy's settings have Katib's names,
/// those of the weights the names of the authors' code; docs/reference/mimar-train.md lists all.
/// Errors: kInvalidArgument, naming flag and setting.
EnasPlan read_enas_plan(const SearchOptions& options);

}  // namespace mimar::trainer
