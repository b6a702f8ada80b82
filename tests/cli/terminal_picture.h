#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mimar::cli {

/// A terminal in memory that understands what LiveBlock writes: text, CR, LF, cursor up (CUU),
/// erase to the end of the line (EL 0) and of the screen (ED 0), show and hide cursor, colours.
/// Lines that leave the top are kept, as a terminal's scrollback does.
class TerminalPicture {
 public:
  TerminalPicture(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows) {}

  /// Errors: kInvalidArgument for a sequence it does not know.
  void write(std::string_view text);

  /// Makes the terminal narrower or wider; rows that ran on into the next are joined and broken
  /// anew, as common terminals do.
  void resize(std::size_t columns);

  /// Every line ever shown and not erased, without spaces at the end; empty ones at the end left
  /// out.
  std::vector<std::string> lines() const;
  bool cursor_visible() const noexcept { return cursor_visible_; }

 private:
  struct Row {
    std::vector<std::string> cells;  // one code point each
    bool runs_on = false;            // into the next row, broken by the terminal
  };

  void put(std::string_view code_point);
  void control(std::string_view sequence);
  Row& row();

  std::size_t columns_;
  std::size_t rows_;
  std::vector<Row> all_{1};
  std::size_t at_row_ = 0;
  std::size_t at_column_ = 0;
  bool cursor_visible_ = true;
};

}  // namespace mimar::cli
