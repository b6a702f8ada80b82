#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mimar::cli {

/// The forms of `-o`.
enum class OutputFormat : std::uint8_t { kTable, kWide, kJson, kYaml, kJsonl, kCsv, kName, kArgs };

std::string_view to_string(OutputFormat format);

/// Reads the value of `-o`; empty text gives the first of `allowed`.
/// Errors: kInvalidArgument for a form that is not among `allowed`, with the nearest and all.
OutputFormat parse_output_format(std::string_view text,
                                 std::initializer_list<OutputFormat> allowed);

/// True for the forms that show whole objects rather than a table.
constexpr bool shows_objects(OutputFormat format) noexcept {
  return format == OutputFormat::kJson || format == OutputFormat::kYaml ||
         format == OutputFormat::kJsonl;
}

/// Writes one object as JSON (indented), YAML, or one line of JSON.
void write_object(std::ostream& out, OutputFormat format, const Json& object);

/// Writes objects as a v1 List (JSON, YAML), or one line each.
void write_objects(std::ostream& out, OutputFormat format, std::vector<Json> objects);

}  // namespace mimar::cli
