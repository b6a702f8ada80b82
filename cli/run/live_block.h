#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace mimar::cli {

/// A block of lines at the bottom of a terminal that is drawn over in place, while other lines
/// scroll by above it. Hides the cursor while it stands; removes itself and shows the cursor again
/// in the end.
///
/// Only needs cursor-up and erase (ECMA-48 CUU, EL, ED); nothing about the terminal is remembered
/// but the lines, so a resize costs at most one untidy frame. Thread safety: none.
class LiveBlock {
 public:
  /// `out` is borrowed for life.
  explicit LiveBlock(std::ostream& out) : out_(out) {}
  ~LiveBlock();
  LiveBlock(const LiveBlock&) = delete;
  LiveBlock& operator=(const LiveBlock&) = delete;

  /// Replaces the block: first `above`, lines that stay, then `block`, in one write. Lines must
  /// fit into the terminal's columns.
  void draw(const std::vector<std::string>& above, std::vector<std::string> block,
            TerminalSize size);

  /// Removes the block and shows the cursor.
  void clear(TerminalSize size);

 private:
  std::string to_block_start(TerminalSize size) const;

  std::ostream& out_;
  std::vector<std::string> block_;
  bool cursor_hidden_ = false;
};

}  // namespace mimar::cli
