#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_descriptor.h"

namespace mimar::agent {

/// Follows a file that grows, as `tail -F` does: a file that was replaced by another of its name,
/// cut or written anew is read from its beginning. Unlike `tail` it also notices that when the new
/// contents are as long as the old, or longer: the next trial may write the same file.
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
      remember();
      if (!reopen()) return;
      on_restart();
    }
  }

 private:
  bool was_cut();
  std::string_view next();
  void remember();
  bool holds_other_bytes() const;
  bool reopen();

  std::filesystem::path path_;
  FileDescriptor file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  off_t offset_ = 0;
  // As it was when all of it had been read; the time is 0 when it grew meanwhile.
  std::int64_t written_at_ = 0;  // nanoseconds
  std::string last_bytes_;       // those before offset_
  std::array<char, 1U << 16U> buffer_;
};

}  // namespace mimar::agent
