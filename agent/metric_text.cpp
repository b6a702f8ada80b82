#include "agent/metric_text.h"

#include <cmath>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::agent {
namespace {

/// Puts quotes around NaN, Infinity and -Infinity outside of strings.
std::string with_quoted_specials(std::string_view line) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < line.size()) out += line[++i];
      in_string = c != '"';
      continue;
    }
    bool replaced = false;
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
      if (!line.substr(i).starts_with(word)) continue;
      out.append("\"").append(word).append("\"");
      i += word.size() - 1;
      replaced = true;
      break;
    }
    if (!replaced) out += c;
    in_string = c == '"';
  }
  return out;
}

}  // namespace

Json parse_metric_json(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) json = Json::parse(with_quoted_specials(line), nullptr, false);
  return json;
}

std::optional<std::string> find_value_text(const Json& value) {
  if (value.is_number_float()) return to_text(value.get<double>());
  if (value.is_number()) return value.dump();
  if (!value.is_string()) return std::nullopt;
  std::string text = value.get<std::string>();
  if (text.empty()) return std::nullopt;
  const std::optional<double> number = find_double(text);
  return number && !std::isfinite(*number) ? to_text(*number) : std::move(text);
}

std::optional<TimePoint> find_rfc3339(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  try {
    return parse_rfc3339(value.get_ref<const std::string&>());
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace mimar::agent
