#include "cli/table.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/record_table.h"
#include "cli/text.h"

namespace mimar::cli {
namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lowered;
}

std::string csv_heading(std::string_view title) {
  std::string heading = lower(title);
  std::replace(heading.begin(), heading.end(), ' ', '_');
  return heading;
}

/// True when `a` comes first: numbers by value with missing and nan last, else by text.
bool comes_first(const Cell& a, const Cell& b, bool by_number) {
  if (!by_number) return a.text < b.text;
  const double x = a.number.value_or(NAN);
  const double y = b.number.value_or(NAN);
  if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
  return x < y;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add_row(std::vector<Cell> cells) {
  check(cells.size() == columns_.size(), "a row has a cell for each column");
  rows_.push_back(std::move(cells));
}

void Table::sort_by(std::string_view title) {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(lower(column.title));
  const auto found = std::find(titles.begin(), titles.end(), lower(title));
  if (found == titles.end()) {
    std::string known;
    for (const std::string& name : titles) known += (known.empty() ? "" : ", ") + name;
    const auto nearest = find_nearest_name(title, titles);
    fail(ErrorCode::kInvalidArgument, "cannot sort by \"", title,
         "\": ", nearest ? "did you mean \"" + *nearest + "\"? " : "", "columns are ", known);
  }
  const auto index = static_cast<std::size_t>(found - titles.begin());
  const bool by_number = std::any_of(
      rows_.begin(), rows_.end(), [&](const auto& row) { return row[index].number.has_value(); });
  std::stable_sort(rows_.begin(), rows_.end(), [&](const auto& a, const auto& b) {
    return comes_first(a[index], b[index], by_number);
  });
}

std::string Table::to_text(bool wide, const Style& style, std::size_t max_width) const {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (wide || !columns_[i].wide_only) shown.push_back(i);
  }
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const std::size_t i : shown) {
    widths[i] = display_width(columns_[i].title);
    for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i].text));
  }

  std::string text;
  const auto add_line = [&](const auto& text_of, const auto& paint_of) {
    std::string line;
    for (const std::size_t i : shown) {
      const std::string& entry = text_of(i);
      const std::string padded = columns_[i].right_aligned ? pad_left(entry, widths[i])
                                 : i == shown.back()       ? entry
                                                           : pad_right(entry, widths[i]);
      if (i != shown.front()) line += "  ";
      line += style.paint(paint_of(i), padded);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += max_width > 0 ? cut_to_width(line, max_width, style.utf8) : line;
    text += '\n';
  };
  add_line([&](std::size_t i) -> const std::string& { return columns_[i].title; },
           [](std::size_t) { return Paint::kBold; });
  for (const auto& row : rows_) {
    add_line([&](std::size_t i) -> const std::string& { return row[i].text; },
             [&](std::size_t i) { return row[i].paint; });
  }
  return text;
}

std::vector<Table::RowKey> Table::row_keys(const std::vector<std::string>& ignored_titles) const {
  std::vector<RowKey> keys;
  for (const auto& row : rows_) {
    RowKey key{.name = row.front().text, .content = {}};
    for (std::size_t i = 1; i < row.size(); ++i) {
      const auto& ignored = ignored_titles;
      if (std::find(ignored.begin(), ignored.end(), columns_[i].title) != ignored.end()) continue;
      key.content += row[i].raw.value_or(row[i].text) + '\n';
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string Table::to_csv() const {
  std::vector<std::string> headings;
  for (const Column& column : columns_) headings.push_back(csv_heading(column.title));
  std::ostringstream text;
  RecordWriter writer(text, RecordFormat::kCsv, std::move(headings));
  for (const auto& row : rows_) {
    std::vector<std::string> values;
    for (const Cell& cell : row) values.push_back(cell.raw.value_or(cell.text));
    writer.write(values);
  }
  return text.str();
}

}  // namespace mimar::cli
