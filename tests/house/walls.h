#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mimar::house {

/// Reads every source file below `root`'s folders and names each include that crosses a wall of
/// docs/architecture.md: a folder that it does not stand on, LibTorch outside the tensor folders,
/// gRPC or protobuf inside them or below the services. One sentence each, sorted.
std::vector<std::string> find_wall_breaches(const std::filesystem::path& root);

/// Names every top-level folder with sources that docs/architecture.md does not know.
std::vector<std::string> find_unknown_folders(const std::filesystem::path& root);

}  // namespace mimar::house
