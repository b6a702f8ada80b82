#include "tests/house/walls.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "base/error.h"

namespace mimar::house {
namespace {

namespace fs = std::filesystem;

using Folders = std::set<std::string>;

/// What each folder stands on directly, as the table of docs/architecture.md has it.
const std::map<std::string, Folders>& direct_dependencies() {
  static const std::map<std::string, Folders> table = {
      {"base", {}},
      {"space", {"base"}},
      {"hpo", {"space"}},
      {"controller", {"space"}},
      {"nas", {"controller"}},
      {"trainer", {"nas"}},
      {"proto", {}},
      {"agent", {"base", "proto"}},
      {"experiment", {"hpo"}},
      {"service", {"experiment", "proto"}},
      {"local", {"experiment", "agent"}},
      {"k8s", {"service", "agent"}},
      {"draw", {"experiment"}},
      {"web", {"draw", "service"}},
      {"cli", {"local", "k8s", "web", "controller"}},
  };
  return table;
}

void add_reachable(const std::string& folder, Folders& reached) {
  if (!reached.insert(folder).second) return;
  for (const std::string& below : direct_dependencies().at(folder)) add_reachable(below, reached);
}

Folders reachable_from(const std::string& folder) {
  Folders reached;
  add_reachable(folder, reached);
  return reached;
}

/// Folders whose code may name a library's headers; others may not, directly at least.
struct LibraryWall {
  std::string library;
  std::regex header;
  Folders allowed;
};

const std::vector<LibraryWall>& library_walls() {
  static const std::vector<LibraryWall> walls = {
      {"LibTorch", std::regex("(torch|ATen|c10|caffe2)/.*"), {"controller", "nas", "trainer"}},
      {"gRPC or protobuf",
       std::regex("(grpc|grpcpp|google/protobuf)/.*"),
       {"proto", "service", "agent", "k8s", "web", "cli"}},
  };
  return walls;
}

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".cpp";
}

class FileReader {
 public:
  FileReader(std::string folder, fs::path relative)
      : folder_(std::move(folder)), relative_(std::move(relative)) {}

  void read(const fs::path& file, std::vector<std::string>& breaches) const {
    std::ifstream in(file);
    check(in.good(), "every listed source file can be read");
    const Folders reached = reachable_from(folder_);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      static const std::regex include(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"].*)");
      std::smatch match;
      if (!std::regex_match(line, match, include)) continue;
      const std::string header = match[1];
      const std::string place = concat(relative_.string(), ":", number, ": ");
      const std::string top = header.substr(0, header.find('/'));
      if (direct_dependencies().contains(top) && !reached.contains(top)) {
        breaches.push_back(place + folder_ + "/ may not include " + header);
      }
      for (const LibraryWall& wall : library_walls()) {
        if (std::regex_match(header, wall.header) && !wall.allowed.contains(folder_)) {
          breaches.push_back(place + folder_ + "/ may not include " + wall.library);
        }
      }
    }
  }

 private:
  std::string folder_;
  fs::path relative_;
};

}  // namespace

std::vector<std::string> find_wall_breaches(const fs::path& root) {
  std::vector<std::string> breaches;
  for (const auto& [folder, below] : direct_dependencies()) {
    if (!fs::is_directory(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      FileReader(folder, fs::relative(entry.path(), root)).read(entry.path(), breaches);
    }
  }
  std::sort(breaches.begin(), breaches.end());
  return breaches;
}

std::vector<std::string> find_unknown_folders(const fs::path& root) {
  static const Folders kOthers = {"examples", "tests", "bench",     "docs", "scripts",
                                  "cmake",    "build", "packaging", ".git", ".ci"};
  std::vector<std::string> unknown;
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || direct_dependencies().contains(name) || kOthers.contains(name)) {
      continue;
    }
    const auto files = fs::recursive_directory_iterator(entry.path());
    if (std::any_of(begin(files), end(files),
                    [](const auto& file) { return is_source(file.path()); })) {
      unknown.push_back(name);
    }
  }
  std::sort(unknown.begin(), unknown.end());
  return unknown;
}

}  // namespace mimar::house
