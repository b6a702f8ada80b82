#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"

namespace mimar::cli {

/// One entry of a table: the text for people, and what machines and sorting read.
struct Cell {
  std::string text;
  std::optional<std::string> raw = {};  // for CSV; absent: the text itself
  std::optional<double> number = {};    // sorts by this where every entry of a column has one
  Paint paint = Paint::kPlain;
};

struct Column {
  std::string title;           // as shown, upper case: "NAME"
  bool right_aligned = false;  // numbers
  bool wide_only = false;      // shown by -o wide and csv only
};

/// A list for people: columns as wide as their widest entry, two spaces apart.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// Needs one cell for each column.
  void add_row(std::vector<Cell> cells);
  bool empty() const noexcept { return rows_.empty(); }

  /// Sorts by a column named by its title in any case; stable, missing numbers last.
  /// Errors: kInvalidArgument for an unknown column, with the known ones.
  void sort_by(std::string_view title);

  /// Writes the heading and all rows. Lines are cut to `max_width` columns; 0 leaves them whole.
  std::string to_text(bool wide, const Style& style, std::size_t max_width) const;

  /// Each row's first cell, and its other cells but for the columns named: two rows of one name
  /// that differ in `content` are the same thing changed.
  struct RowKey {
    std::string name;
    std::string content;
  };
  std::vector<RowKey> row_keys(const std::vector<std::string>& ignored_titles) const;

  /// All columns with raw values, quoted as RFC 4180 says, one line a row; headings in lower case
  /// with underscores.
  std::string to_csv() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace mimar::cli
