#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiment/store/maintenance.h"
#include "experiment/store/sqlite.h"

namespace mimar::experiment {

/// Adds a problem for each kind of row that belongs to no trial.
void add_orphans(Database& database, std::vector<std::string>& problems);

/// Counts the experiments and trials of a sound file of the newest schema, and adds a problem for
/// each contradiction in one of them.
void check_experiments(const std::filesystem::path& state_dir, StoreReport& report);

}  // namespace mimar::experiment
