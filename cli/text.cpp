#include "cli/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::cli {
namespace {

using std::chrono::microseconds;

std::int64_t whole_seconds(microseconds duration) {
  return std::max<std::int64_t>(0,
                                std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

template <class... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(std::max(length, 0))};
}

/// Length of the ANSI sequence at `at` (ESC [ ... final byte), 0 when there is none.
std::size_t escape_length(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\x1b[") return 0;
  std::size_t end = at + 2;
  while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
  return std::min(end + 1, text.size()) - at;
}

/// Length in bytes of the code point at `at`; stray bytes count as one each.
std::size_t code_point_length(std::string_view text, std::size_t at) {
  std::size_t length = 1;
  while (at + length < text.size() &&
         (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) {
    ++length;
  }
  return length;
}

std::optional<std::int64_t> seconds_per_unit(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    default:
      return std::nullopt;
  }
}

std::vector<double> last_of_each_share(std::span<const double> values, std::size_t shares) {
  if (values.size() <= shares) return {values.begin(), values.end()};
  std::vector<double> chosen;
  for (std::size_t i = 1; i <= shares; ++i)
    chosen.push_back(values[i * values.size() / shares - 1]);
  return chosen;
}

}  // namespace

std::string format_duration(microseconds duration) {
  const std::int64_t seconds = whole_seconds(duration);
  if (seconds < 10) {  // rounded down, like all the others
    const auto tenths = std::max<std::int64_t>(0, duration / std::chrono::milliseconds(100));
    return concat(tenths / 10, '.', tenths % 10, 's');
  }
  if (seconds < 60) return concat(seconds, "s");
  if (seconds < 3600)
    return print("%lldm%02llds", static_cast<long long>(seconds / 60),
                 static_cast<long long>(seconds % 60));
  if (seconds < 86400)
    return print("%lldh%02lldm", static_cast<long long>(seconds / 3600),
                 static_cast<long long>(seconds % 3600 / 60));
  return concat(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string format_age(microseconds age) {
  const std::int64_t seconds = whole_seconds(age);
  if (seconds < 120) return concat(seconds, "s");
  if (seconds < 2 * 3600) return concat(seconds / 60, "m");
  if (seconds < 2 * 86400) return concat(seconds / 3600, "h");
  return concat(seconds / 86400, "d");
}

std::chrono::milliseconds parse_duration(std::string_view text) {
  const auto reject = [&]() -> std::chrono::milliseconds {
    fail(ErrorCode::kInvalidArgument,
         "not a duration (write for example 90s, 15m or 1h30m): ", text);
  };
  constexpr double kLongest = 3650.0 * 86400.0;  // ten years: far from any overflow
  double seconds = 0.0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789.", at), text.size());
    const std::optional<double> number = find_double(text.substr(at, end - at));
    const bool bare = at == 0 && end == text.size();
    const std::optional<std::int64_t> unit =
        bare ? std::optional<std::int64_t>(1)
             : (end < text.size() ? seconds_per_unit(text[end]) : std::nullopt);
    if (!number || !unit) return reject();
    seconds += *number * static_cast<double>(*unit);
    at = end + 1;
  }
  if (text.empty() || seconds > kLongest) return reject();
  return std::chrono::milliseconds(std::llround(seconds * 1000.0));
}

std::string format_metric(double value) {
  if (!std::isfinite(value)) return to_text(value);
  const double size = std::abs(value);
  if (size < 1e9 && value == std::trunc(value)) return print("%.0f", value);
  if (size >= 1e3 && size < 1e7) return print("%.1f", value);
  return print("%.4g", value);
}

std::string format_count(double count) {
  constexpr std::array<const char*, 5> kPrefixes = {"", " k", " M", " G", " T"};
  std::size_t prefix = 0;
  while (std::abs(count) >= 999.5 && prefix + 1 < kPrefixes.size()) {
    count /= 1000.0;
    ++prefix;
  }
  if (prefix == 0) return print("%.0f", count);
  const int decimals = count < 9.995 ? 2 : (count < 99.95 ? 1 : 0);
  return print("%.*f", decimals, count) + kPrefixes.at(prefix);
}

std::string bytes_text(std::uintmax_t bytes) {
  const std::string text = format_count(static_cast<double>(bytes));
  return text + (text.find(' ') == std::string::npos ? " B" : "B");
}

std::string upper(std::string_view text) {
  std::string raised(text);
  std::transform(raised.begin(), raised.end(), raised.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return raised;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t escape = escape_length(text, at); escape > 0) {
      at += escape;
      continue;
    }
    at += code_point_length(text, at);
    ++width;
  }
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width, bool utf8) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  const std::string_view ellipsis = utf8 ? "…" : "~";
  std::string cut;
  bool coloured = false;
  std::size_t taken = 0;
  for (std::size_t at = 0; at < text.size() && taken + 1 < width;) {
    const std::size_t escape = escape_length(text, at);
    const std::size_t length = escape > 0 ? escape : code_point_length(text, at);
    cut += text.substr(at, length);
    at += length;
    if (escape > 0) {
      coloured = true;
    } else {
      ++taken;
    }
  }
  cut += ellipsis;
  if (coloured) cut += "\x1b[0m";
  return cut;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t taken = display_width(text);
  return std::string(text) + std::string(width > taken ? width - taken : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t taken = display_width(text);
  return std::string(width > taken ? width - taken : 0, ' ') + std::string(text);
}

std::vector<std::string> wrap_words(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines.push_back(std::exchange(line, {}));
    }
    if (!line.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string sparkline(std::span<const double> values, std::size_t width, bool utf8) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 8> kMarks = {".", ":", "-", "=", "+", "*", "#", "@"};
  const std::vector<double> shown = last_of_each_share(values, width);
  double low = INFINITY;
  double high = -INFINITY;
  for (const double value : shown) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  std::string line;
  for (const double value : shown) {
    if (!std::isfinite(value)) {
      line += ' ';
      continue;
    }
    // One value, or all the same, stands in the middle: there is no scale yet.
    const double share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.45;
    const auto level = static_cast<std::size_t>(std::clamp(std::floor(share * 8.0), 0.0, 7.0));
    line += utf8 ? kBars.at(level) : kMarks.at(level);
  }
  return line;
}

std::string progress_bar(double fraction, std::size_t width, bool utf8) {
  const double clamped = std::isnan(fraction) ? 0.0 : std::clamp(fraction, 0.0, 1.0);
  const auto halves =
      static_cast<std::size_t>(std::floor(clamped * 2.0 * static_cast<double>(width)));
  std::string bar;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t filled = halves > 2 * i ? halves - 2 * i : 0;
    if (utf8) {
      bar += filled >= 2 ? "━" : (filled == 1 ? "╸" : "─");
    } else {
      bar += filled >= 2 ? "#" : (filled == 1 ? ">" : "-");
    }
  }
  return bar;
}

std::string shell_quote(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace mimar::cli
