#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mimar::cli {

/// Tables of texts for other programs: CSV (RFC 4180, with a line of column names) or JSON lines.
enum class RecordFormat : std::uint8_t { kCsv, kJsonl };

/// Errors: kInvalidArgument for any text but csv and jsonl.
RecordFormat parse_record_format(std::string_view text);

/// One row: names and values; empty where the row has none.
struct Record {
  int line = 0;  // where it begins, from 1
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Reads a whole table. Empty lines are skipped. `file` names it in errors.
/// Errors: kInvalidArgument with file and line.
std::vector<Record> read_records(std::string_view text, std::string_view file, RecordFormat format);

/// Writes rows as they come. The stream is borrowed.
class RecordWriter {
 public:
  RecordWriter(std::ostream& out, RecordFormat format, std::vector<std::string> columns);

  /// One value for each column; JSON lines leave empty ones out and write numbers as numbers.
  void write(const std::vector<std::string>& values);

 private:
  std::ostream& out_;
  RecordFormat format_;
  std::vector<std::string> columns_;
};

}  // namespace mimar::cli
