#include "local/machine_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "base/number_text.h"
#include "local/control_group.h"

namespace mimar::local {
namespace {

namespace fs = std::filesystem;

/// "max" is no number: no limit.
std::optional<double> limit_v2(const fs::path& group) {
  return find_double(group_file(group / "memory.max"));
}

/// Without a limit there is a number larger than any memory.
std::optional<double> limit_v1(const fs::path& group) {
  return find_double(group_file(group / "memory.limit_in_bytes"));
}

/// MemTotal of /proc/meminfo, in bytes.
double machine_bytes(const fs::path& root) {
  std::ifstream file(root / "proc/meminfo");
  for (std::string word; file >> word;) {
    double kibibytes = 0.0;
    if (word == "MemTotal:" && file >> kibibytes) return kibibytes * 1024.0;
  }
  return 1e18;  // unknown: no bound
}

}  // namespace

std::int64_t find_memory(const fs::path& root) {
  const double machine = machine_bytes(root);
  const auto group = smallest_group_limit(root, "memory", limit_v2, limit_v1);
  return static_cast<std::int64_t>(std::min(machine, group.value_or(machine)));
}

}  // namespace mimar::local
