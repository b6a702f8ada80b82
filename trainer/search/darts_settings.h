#pragma once

#include <cstdint>
#include <optional>

#include "nas/darts/darts_options.h"
#include "trainer/search/search_options.h"

namespace mimar::trainer {

/// What a search by DARTS was told, read.
struct DartsPlan {
  nas::DartsOptions options;     // but for the task
  std::int64_t batch_size = 64;  // Katib's default is 128
  std::int64_t seed = 0;
  bool katib_names = false;  // the operations were given in Katib's words
};

/// Reads settings, operations and layers of `options`. Names and limits of the settings are Katib's
/// where Katib has them; docs/reference/mimar-train.md lists all. `none` is put before the
/// operations given, as Katib does.
/// Errors: kInvalidArgument, naming flag and setting.
DartsPlan read_darts_plan(const SearchOptions& options);

}  // namespace mimar::trainer
