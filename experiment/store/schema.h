#pragma once

#include "experiment/store/sqlite.h"

namespace mimar::experiment {

/// Turns on the store's settings (WAL, durable commits, foreign keys) and brings its schema up to
/// date, all or nothing; two programs may do so at once.
/// Errors: kFailedPrecondition when the file was written by a newer Mimar or is no store of ours.
void prepare_schema(Database& database, const std::filesystem::path& file);

}  // namespace mimar::experiment
