#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiment/store/saved_controller.h"
#include "experiment/store/sqlite.h"

namespace mimar::experiment {

// The part of the SQLite store that keeps saved controllers; the contract is Store's.

SavedController add_controller(Database& database, SavedController controller);
std::vector<SavedController> list_controllers(Database& database);
bool delete_controller(Database& database, std::string_view name, int version);
std::string pin_controller(Database& database, std::string_view uid, std::string_view digest);
std::vector<std::string> list_pinned_controllers(Database& database);

}  // namespace mimar::experiment
