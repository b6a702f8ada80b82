#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mimar::cli {

/// Writes a length of time for people, in at most two units: "0.4s", "58s", "2m11s", "1h12m",
/// "3d4h".
/// Negative ones count as zero.
std::string format_duration(std::chrono::microseconds duration);

/// Writes an age as Kubernetes does, in one unit: "12s", "5m", "3h", "2d". Negative ones are "0s".
std::string format_age(std::chrono::microseconds age);

/// Reads a length of time: "90" and "90s" are seconds, "1h30m", "2d", "1.5h" also work.
/// Errors: kInvalidArgument when the text is none.
std::chrono::milliseconds parse_duration(std::string_view text);

/// Writes a metric's value short enough for a column: four significant digits below 1,000, whole
/// numbers as they are; "nan", "inf", "-inf".
std::string format_metric(double value);

/// Writes a large count with its SI prefix: "950", "1.24 M", "188 M", "2.10 G".
std::string format_count(double count);

/// Writes a number of bytes the same way: "950 B", "12.3 MB".
std::string bytes_text(std::uintmax_t bytes);

/// ASCII letters in upper case, for the titles of columns.
std::string upper(std::string_view text);

/// Number of columns a text takes on a terminal: code points, without ANSI colour sequences.
std::size_t display_width(std::string_view text);

/// Cuts a text to `width` columns, ending in an ellipsis where something was lost. Colour
/// sequences take no room and are kept.
std::string cut_to_width(std::string_view text, std::size_t width, bool utf8);

/// Fills up with spaces on the right (left) to `width` columns; longer texts stay.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

/// Breaks a text at spaces so that no line is longer than `width` columns where words allow it.
std::vector<std::string> wrap_words(std::string_view text, std::size_t width);

/// Draws values as a row of at most `width` small bars from the least to the greatest. With more
/// values than columns, each column shows the last value of its share. Nan and infinities are gaps.
std::string sparkline(std::span<const double> values, std::size_t width, bool utf8);

/// Draws a bar of exactly `width` columns, filled to `fraction` (clamped to [0, 1]).
std::string progress_bar(double fraction, std::size_t width, bool utf8);

/// Writes text so that a POSIX shell reads it back as one word; untouched where nothing needs it.
std::string shell_quote(std::string_view text);

}  // namespace mimar::cli
