#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mimar {

/// Writes the shortest text that reads back as the same double; "nan", "inf", "-inf" for those.
std::string to_text(double value);

/// Reads a whole text as a decimal floating-point number, or as nan, inf, infinity in any case and
/// with a sign. Nothing when the text is anything else (spaces and hexadecimal included).
std::optional<double> find_double(std::string_view text);

/// Reads a whole text as a decimal integer; also "1e3" and "4.0", since Katib users write them.
/// Nothing when the text is no whole number of 64 bits.
std::optional<std::int64_t> find_integer(std::string_view text);

}  // namespace mimar
