#include "cli/state_dir.h"

#include <string>

#include "base/error.h"
#include "cli/terminal.h"

namespace mimar::cli {

namespace fs = std::filesystem;

fs::path choose_state_dir(std::string_view flag) {
  if (!flag.empty()) return fs::absolute(flag);
  if (const std::string home = environment("MIMAR_HOME"); !home.empty()) return fs::absolute(home);
  if (std::error_code ignored; fs::is_directory(".mimar", ignored)) return fs::absolute(".mimar");
  // The XDG rules: a relative value is to be ignored.
  if (const fs::path data = environment("XDG_DATA_HOME"); data.is_absolute()) return data / "mimar";
  const fs::path home = environment("HOME");
  if (!home.is_absolute()) {
    fail(ErrorCode::kFailedPrecondition,
         "no place for experiments: HOME is not set; name one with --state-dir DIR or MIMAR_HOME");
  }
  return home / ".local" / "share" / "mimar";
}

bool holds_store(const fs::path& state_dir) {
  std::error_code ignored;
  return fs::exists(state_dir / "mimar.db", ignored);
}

}  // namespace mimar::cli
