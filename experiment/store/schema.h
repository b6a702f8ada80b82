#pragma once

#include <filesystem>

#include "experiment/store/maintenance.h"
#include "experiment/store/sqlite.h"

namespace mimar::experiment {

/// The store's file in a state directory, which is made if need be.
/// Errors: kFailedPrecondition when the directory cannot be made.
std::filesystem::path make_store_file_name(const std::filesystem::path& state_dir);

/// The version of the store's schema; 0 for a new file.
/// Errors: kFailedPrecondition when the file was written by a newer Mimar or is no store of ours.
std::int64_t check_schema(Database& database, const std::filesystem::path& file);

/// Turns on the store's settings (WAL, durable commits, foreign keys) and brings its schema up to
/// date, all or nothing; two programs may do so at once. A store of an older schema that holds
/// experiments is copied first, to `mimar-schema-N.db` beside it.
/// Errors: as check_schema(); what copy_database() throws.
Migration prepare_schema(Database& database, const std::filesystem::path& file);

}  // namespace mimar::experiment
