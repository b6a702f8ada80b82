#include "tests/cli/terminal_picture.h"

#include <algorithm>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::cli {

TerminalPicture::Row& TerminalPicture::row() {
  while (all_.size() <= at_row_) all_.emplace_back();
  return all_[at_row_];
}

void TerminalPicture::put(std::string_view code_point) {
  if (at_column_ == columns_) {
    row().runs_on = true;
    ++at_row_;
    at_column_ = 0;
  }
  auto& cells = row().cells;
  if (cells.size() <= at_column_) cells.resize(at_column_ + 1, " ");
  cells[at_column_++] = code_point;
}

void TerminalPicture::control(std::string_view sequence) {
  const std::string_view argument = sequence.substr(0, sequence.size() - 1);
  switch (sequence.back()) {
    case 'A': {
      const auto up = static_cast<std::size_t>(find_integer(argument).value_or(1));
      const std::size_t top = all_.size() > rows_ ? all_.size() - rows_ : 0;
      at_row_ = at_row_ > top + up ? at_row_ - up : top;
      return;
    }
    case 'K':
      row().cells.resize(std::min(row().cells.size(), at_column_));
      row().runs_on = false;
      return;
    case 'J':
      row().cells.resize(std::min(row().cells.size(), at_column_));
      all_.resize(at_row_ + 1);
      return;
    case 'h':
    case 'l':
      require(argument == "?25", "unknown mode: ", sequence);
      cursor_visible_ = sequence.back() == 'h';
      return;
    case 'm':
      return;
    default:
      fail(ErrorCode::kInvalidArgument, "unknown sequence: ", sequence);
  }
}

void TerminalPicture::write(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\r') {
      at_column_ = 0;
      ++at;
    } else if (text[at] == '\n') {
      at_column_ = 0;  // the terminal driver adds the carriage return
      ++at_row_;
      row();
      ++at;
    } else if (text[at] == '\x1b') {
      const std::size_t end = text.find_first_of("ABCDHJKhlm", at + 2);
      require(end != std::string_view::npos, "unfinished sequence");
      control(text.substr(at + 2, end - at - 1));
      at = end + 1;
    } else {
      std::size_t length = 1;
      while (at + length < text.size() &&
             (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) {
        ++length;
      }
      put(text.substr(at, length));
      at += length;
    }
  }
}

void TerminalPicture::resize(std::size_t columns) {
  std::vector<Row> old = std::move(all_);
  const std::size_t old_row = at_row_;
  columns_ = columns;
  all_.clear();
  Row joined;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (i == old_row) at_row_ = all_.size();
    joined.cells.insert(joined.cells.end(), old[i].cells.begin(), old[i].cells.end());
    if (old[i].runs_on) continue;
    while (joined.cells.size() > columns) {
      Row part{.cells = {joined.cells.begin(),
                         joined.cells.begin() + static_cast<std::ptrdiff_t>(columns)},
               .runs_on = true};
      joined.cells.erase(joined.cells.begin(),
                         joined.cells.begin() + static_cast<std::ptrdiff_t>(columns));
      all_.push_back(std::move(part));
    }
    all_.push_back(std::move(joined));
    joined = {};
  }
}

std::vector<std::string> TerminalPicture::lines() const {
  std::vector<std::string> lines;
  for (const Row& one : all_) {
    std::string line;
    for (const std::string& cell : one.cells) line += cell;
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace mimar::cli
