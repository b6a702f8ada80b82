#include "local/control_group.h"

#include <fstream>

#include "base/error.h"

namespace mimar::local {
namespace {

namespace fs = std::filesystem;

void keep_smaller(std::optional<double>& smallest, std::optional<double> other) {
  if (other && (!smallest || *other < *smallest)) smallest = other;
}

void look_upwards(const fs::path& mount, std::string group, GroupLimit read,
                  std::optional<double>& smallest) {
  while (true) {
    keep_smaller(smallest, read(mount / fs::path(group).relative_path()));
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos || group == "/") break;
    group.resize(slash);
  }
}

}  // namespace

std::string group_file(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::optional<double> smallest_group_limit(const fs::path& root, std::string_view controller,
                                           GroupLimit version_2, GroupLimit version_1) {
  std::optional<double> smallest;
  std::ifstream groups(root / "proc/self/cgroup");
  // Each line is hierarchy:controllers:path.
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      look_upwards(root / "sys/fs/cgroup", group, version_2, smallest);
    } else if (concat(',', controllers, ',').find(concat(',', controller, ',')) !=
               std::string::npos) {
      look_upwards(root / "sys/fs/cgroup" / controller, group, version_1, smallest);
    }
  }
  return smallest;
}

}  // namespace mimar::local
