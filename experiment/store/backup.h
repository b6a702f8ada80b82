#pragma once

#include <filesystem>

#include "experiment/store/sqlite.h"

namespace mimar::experiment {

/// Copies a whole database into a new file, as it is at one moment. The file appears when it is
/// complete and on the disk; until then it bears another name, which does not stay behind.
/// Errors: kAlreadyExists when `file` is there; what the file system says; as Database.
void copy_database(Database& database, const std::filesystem::path& file);

}  // namespace mimar::experiment
