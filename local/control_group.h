#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mimar::local {

/// Reads a limit from the folder of a control group; nothing when it has none.
using GroupLimit = std::optional<double> (*)(const std::filesystem::path& group);

/// The smallest limit among the control groups (version 2 or 1) of a controller that hold this
/// process, as far as sys/fs/cgroup below `root` shows them: each group above may have one too.
std::optional<double> smallest_group_limit(const std::filesystem::path& root,
                                           std::string_view controller, GroupLimit version_2,
                                           GroupLimit version_1);

/// The first line of a control group's file; empty when there is none.
std::string group_file(const std::filesystem::path& file);

}  // namespace mimar::local
