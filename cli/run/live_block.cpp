#include "cli/run/live_block.h"

#include <algorithm>
#include <ostream>

#include "base/error.h"
#include "cli/text.h"

namespace mimar::cli {
namespace {

constexpr const char* kHideCursor = "\x1b[?25l";
constexpr const char* kShowCursor = "\x1b[?25h";
constexpr const char* kEraseToLineEnd = "\x1b[K";
constexpr const char* kEraseBelow = "\x1b[J";

}  // namespace

LiveBlock::~LiveBlock() {
  try {
    clear(TerminalSize{});
  } catch (...) {
    // The stream is gone; there is nobody left to show a cursor to.
  }
}

std::string LiveBlock::to_block_start(TerminalSize size) const {
  // A terminal that became narrower has broken the old lines into several rows.
  std::size_t rows = 0;
  for (const std::string& line : block_) {
    rows += std::max<std::size_t>(1, (display_width(line) + size.columns - 1) / size.columns);
  }
  return rows == 0 ? "\r" : concat("\r\x1b[", rows, "A");
}

void LiveBlock::draw(const std::vector<std::string>& above, std::vector<std::string> block,
                     TerminalSize size) {
  std::string frame;
  if (!cursor_hidden_) frame += kHideCursor;
  cursor_hidden_ = true;
  frame += to_block_start(size);
  for (const auto* lines : {&above, static_cast<const std::vector<std::string>*>(&block)}) {
    for (const std::string& line : *lines) {
      frame += line;
      frame += kEraseToLineEnd;
      frame += '\n';
    }
  }
  frame += kEraseBelow;
  block_ = std::move(block);
  out_ << frame << std::flush;
}

void LiveBlock::clear(TerminalSize size) {
  if (!cursor_hidden_) return;
  out_ << to_block_start(size) << kEraseBelow << kShowCursor << std::flush;
  block_.clear();
  cursor_hidden_ = false;
}

}  // namespace mimar::cli
