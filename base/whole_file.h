#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace mimar {

/// Writes a file through `write(path)` under a temporary name beside it, flushes it to disk and
/// renames it: whatever happens, the file is the one before or the new one, whole. Makes the folder
/// if need be. Two processes may write the same file; one of them wins.
/// Errors: what `write` throws, and those of the file system (as of fail_errno).
void write_atomically(const std::filesystem::path& file,
                      const std::function<void(const std::filesystem::path&)>& write);

/// The same for bytes that are at hand.
void write_whole_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace mimar
