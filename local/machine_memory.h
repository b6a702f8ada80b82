#pragma once

#include <cstdint>
#include <filesystem>

namespace mimar::local {

/// The memory that this process and its trials may use, in bytes: the machine's, or less when a
/// control group (version 2 or 1) limits it. `root` is /, or a copy of its proc/ and sys/ in tests.
std::int64_t find_memory(const std::filesystem::path& root = "/");

}  // namespace mimar::local
