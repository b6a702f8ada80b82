#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/file_descriptor.h"

namespace mimar::agent {

/// Follows a file that grows, as `tail -F` does: a file that was replaced by another of its name,
/// or cut, is read from its beginning.
///
/// Thread safety: none.
class FileTail {
 public:
  /// What the file holds now is passed over when `from_end`; a file that comes later is read whole.
  FileTail(std::filesystem::path path, bool from_end);

  /// Calls `on_bytes(std::string_view)` with what is new, and `on_restart()` before the first bytes
  /// of a file that begins again.
  template <class OnBytes, class OnRestart>
  void read(OnBytes&& on_bytes, OnRestart&& on_restart) {
    while (true) {
      if (was_cut()) on_restart();
      for (std::string_view bytes = next(); !bytes.empty(); bytes = next()) on_bytes(bytes);
      if (!reopen()) return;
      on_restart();
    }
  }

 private:
  bool was_cut();
  std::string_view next();
  bool reopen();

  std::filesystem::path path_;
  FileDescriptor file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  off_t offset_ = 0;
  std::array<char, 1U << 16U> buffer_;
};

}  // namespace mimar::agent
