#pragma once

#include <filesystem>
#include <string_view>

namespace mimar::cli {

/// Where experiments are kept: `flag` if given, else $MIMAR_HOME, else `.mimar` of the current
/// directory if there is one, else $XDG_DATA_HOME/mimar, else ~/.local/share/mimar. Absolute.
/// Errors: kFailedPrecondition when none of these can be told.
std::filesystem::path choose_state_dir(std::string_view flag);

/// True when experiments have been kept there.
bool holds_store(const std::filesystem::path& state_dir);

}  // namespace mimar::cli
