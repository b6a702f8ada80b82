#include "experiment/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/number_text.h"

namespace mimar::experiment {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 6> kBooleans = {"true",  "True",  "TRUE",
                                                       "false", "False", "FALSE"};
constexpr std::array<std::string_view, 16> kTruthWords = {"y",  "Y",   "yes", "Yes", "YES", "n",
                                                          "N",  "no",  "No",  "NO",  "on",  "On",
                                                          "ON", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 12> kNotFinite = {".inf",  ".Inf",  ".INF",  "+.inf",
                                                         "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                         "-.INF", ".nan",  ".NaN",  ".NAN"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t i) {
  while (i < text.size() && is_digit(text[i])) ++i;
  return i;
}

bool is_based_integer(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return false;
  const std::string_view digits = text.substr(2);
  if (text[1] == 'o') return digits.find_first_not_of("01234567") == std::string_view::npos;
  if (text[1] != 'x') return false;
  return digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
PlainKind classify_number(std::string_view text) {
  std::size_t i = text.find_first_not_of("+-") == 1 ? 1 : 0;
  const std::size_t whole_end = skip_digits(text, i);
  const bool has_whole = whole_end > i;
  i = whole_end;
  if (has_whole && i == text.size()) return PlainKind::kInteger;
  if (i < text.size() && text[i] == '.') {
    const std::size_t end = skip_digits(text, i + 1);
    if (!has_whole && end == i + 1) return PlainKind::kText;
    i = end;
  } else if (!has_whole) {
    return PlainKind::kText;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const std::size_t end = skip_digits(text, i);
    if (end == i) return PlainKind::kText;
    i = end;
  }
  return i == text.size() ? PlainKind::kReal : PlainKind::kText;
}

Json integer_to_json(std::string_view text) {
  int base = 10;
  std::string digits(text);
  if (is_based_integer(text)) {
    base = text[1] == 'x' ? 16 : 8;
    digits = text.substr(2);
  }
  if (digits.front() == '+') digits.erase(0, 1);
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, value, base).ec == std::errc{}) return value;
  std::uint64_t large = 0;
  if (std::from_chars(digits.data(), end, large, base).ec == std::errc{}) return large;
  const std::optional<double> real = base == 10 ? find_double(digits) : std::nullopt;
  return real ? Json(*real) : Json(std::string(text));
}

/// Starts like a YAML 1.1 date, sexagesimal or underscored number: digits first, then what those
/// are made of.
bool looks_like_old_number(std::string_view text) {
  const char first = text.front();
  if (!is_digit(first) && first != '+' && first != '-' && first != '.') return false;
  return text.find_first_not_of("0123456789abcdefABCDEFxo+-._:eETtZ ") == std::string_view::npos;
}

}  // namespace

PlainKind classify_plain(std::string_view text) {
  if (is_one_of(text, kNulls)) return PlainKind::kNull;
  if (is_one_of(text, kBooleans)) return PlainKind::kBoolean;
  if (is_based_integer(text)) return PlainKind::kInteger;
  if (is_one_of(text, kNotFinite)) return PlainKind::kReal;
  return classify_number(text);
}

Json plain_to_json(std::string_view text) {
  switch (classify_plain(text)) {
    case PlainKind::kNull:
      return nullptr;
    case PlainKind::kBoolean:
      return text.front() == 't' || text.front() == 'T';
    case PlainKind::kInteger:
      return integer_to_json(text);
    case PlainKind::kReal: {
      if (is_one_of(text, kNotFinite)) return std::string(text);
      const std::optional<double> value = find_double(text);
      const bool finite = value && *value - *value == 0.0;
      return finite ? Json(*value) : Json(std::string(text));
    }
    case PlainKind::kText:
      break;
  }
  return std::string(text);
}

bool is_octal_looking(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return text.size() > 1 && text.front() == '0' && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_truth_word(std::string_view text) { return is_one_of(text, kTruthWords); }

bool is_safe_plain(std::string_view text) {
  if (text.empty() || classify_plain(text) != PlainKind::kText || is_truth_word(text)) return false;
  if (looks_like_old_number(text) || text == "=" || text == "<<") return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) {
    return false;
  }
  const auto is_unsafe = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte >= 0x7F || c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
  };
  return std::none_of(text.begin(), text.end(), is_unsafe) &&
         text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

}  // namespace mimar::experiment
