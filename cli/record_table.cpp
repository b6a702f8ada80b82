#include "cli/record_table.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <ostream>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"

namespace mimar::cli {
namespace {

/// Takes CSV apart, row by row.
class CsvReader {
 public:
  CsvReader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  /// The next row that is not empty, and the line it begins on; nothing at the end.
  std::optional<std::pair<int, std::vector<std::string>>> next() {
    while (at_ < text_.size()) {
      const int line = line_;
      std::vector<std::string> row = read_row();
      if (row.size() > 1 || !row.front().empty()) return std::pair(line, std::move(row));
    }
    return std::nullopt;
  }

 private:
  std::vector<std::string> read_row() {
    std::vector<std::string> row;
    for (;;) {
      row.push_back(at_ < text_.size() && text_[at_] == '"' ? read_quoted() : read_bare());
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      end_line();
      return row;
    }
  }

  std::string read_bare() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string field(text_.substr(at_, end - at_));
    at_ = end;
    return field;
  }

  std::string read_quoted() {
    const int begun = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        field += text_[at_];
      } else if (text_.substr(at_ + 1, 1) == "\"") {
        field += text_[at_++];
      } else {
        ++at_;
        require(at_ == text_.size() || text_.find_first_of(",\r\n", at_) == at_, file_, ':', line_,
                ": after a closing quote comes a comma or the line's end");
        return field;
      }
    }
    fail(ErrorCode::kInvalidArgument, file_, ':', begun, ": a quote is not closed");
  }

  void end_line() {
    if (text_.substr(at_, 2) == "\r\n") ++at_;
    if (at_ < text_.size()) ++at_;
    ++line_;
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  int line_ = 1;
};

void require_distinct(const std::vector<std::string>& columns, std::string_view file) {
  std::set<std::string_view> names;
  for (const std::string& name : columns) {
    require(!name.empty(), file, ":1: a column has no name");
    require(names.insert(name).second, file, ":1: two columns are called \"", name, '"');
  }
}

std::vector<Record> read_csv(std::string_view text, std::string_view file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  CsvReader reader(text, file);
  const auto heading = reader.next();
  if (!heading) return {};
  const std::vector<std::string>& columns = heading->second;
  require_distinct(columns, file);
  std::vector<Record> records;
  while (auto row = reader.next()) {
    auto& [line, values] = *row;
    require(values.size() == columns.size(), file, ':', line, ": ", values.size(),
            " values in a table of ", columns.size(), " columns");
    Record record{.line = line, .fields = {}};
    for (std::size_t i = 0; i < columns.size(); ++i) {
      record.fields.emplace_back(columns[i], std::move(values[i]));
    }
    records.push_back(std::move(record));
  }
  return records;
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return {};
  return value.is_number_float() ? to_text(value.get<double>()) : value.dump();
}

std::vector<Record> read_jsonl(std::string_view text, std::string_view file) {
  std::vector<Record> records;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    require(object.is_object(), file, ':', number, ": a line is one JSON object");
    Record record{.line = number, .fields = {}};
    for (const auto& [name, value] : object.items()) {
      require(value.is_primitive(), file, ':', number, ": ", name, ": needs a number or a text");
      record.fields.emplace_back(name, text_of(value));
    }
    records.push_back(std::move(record));
  }
  return records;
}

/// A number where the text is one that JSON can hold, else the text.
Json json_of(const std::string& text) {
  const auto number = find_double(text);
  if (!number || !std::isfinite(*number)) return text;
  const auto whole = find_integer(text);
  return whole ? Json(*whole) : Json(*number);
}

/// The text as one field of CSV, quoted where it needs it.
std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

RecordFormat parse_record_format(std::string_view text) {
  if (text == "csv") return RecordFormat::kCsv;
  require(text == "jsonl", "a table is csv or jsonl: ", text);
  return RecordFormat::kJsonl;
}

std::vector<Record> read_records(std::string_view text, std::string_view file,
                                 RecordFormat format) {
  return format == RecordFormat::kCsv ? read_csv(text, file) : read_jsonl(text, file);
}

RecordWriter::RecordWriter(std::ostream& out, RecordFormat format, std::vector<std::string> columns)
    : out_(out), format_(format), columns_(std::move(columns)) {
  if (format_ == RecordFormat::kCsv) write(columns_);
}

void RecordWriter::write(const std::vector<std::string>& values) {
  check(values.size() == columns_.size(), "a row has a value for each column");
  if (format_ == RecordFormat::kJsonl) {
    Json object = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].empty()) object[columns_[i]] = json_of(values[i]);
    }
    out_ << object.dump() << '\n';
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    out_ << (i == 0 ? "" : ",") << csv_field(values[i]);
  }
  out_ << '\n';
}

}  // namespace mimar::cli
