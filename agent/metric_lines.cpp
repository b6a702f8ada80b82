#include "agent/metric_lines.h"

#include <limits>
#include <utility>

#include "agent/metric_text.h"
#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"

namespace mimar::agent {
namespace {

constexpr std::string_view kExpected = R"(expected {"step":1,"metrics":{"NAME":0.5}})";

std::optional<std::int64_t> find_step(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return value.is_number_float() ? find_integer(to_text(value.get<double>())) : std::nullopt;
}

}  // namespace

std::optional<std::string> MetricLineReader::read(std::string_view line, TimePoint now,
                                                  std::vector<MetricValue>& found) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return std::nullopt;
  const Json json = parse_metric_json(line);
  if (json.is_discarded()) return concat("no JSON; ", kExpected);
  if (!json.is_object()) return concat("no JSON object; ", kExpected);
  const auto metrics = json.find("metrics");
  if (metrics == json.end() || !metrics->is_object()) {
    return concat("no object \"metrics\"; ", kExpected);
  }
  std::optional<std::int64_t> step = next_step_;
  if (const auto entry = json.find("step"); entry != json.end()) step = find_step(*entry);
  if (!step) return "\"step\" is no whole number";
  next_step_ = *step < std::numeric_limits<std::int64_t>::max() ? *step + 1 : *step;

  std::optional<std::string> problem;
  TimePoint time = now;
  if (const auto entry = json.find("time"); entry != json.end()) {
    const std::optional<TimePoint> written = find_rfc3339(*entry);
    if (!written) problem = "\"time\" is no RFC 3339 time, the time of reading is taken";
    time = written.value_or(now);
  }
  for (const auto& [name, value] : metrics->items()) {
    std::optional<std::string> text = find_value_text(value);
    if (!text || name.empty()) {
      problem = concat("metric \"", name, "\" is neither a number nor a text");
      continue;
    }
    found.push_back({.metric = name, .step = *step, .time = time, .value = std::move(*text)});
  }
  return problem;
}

}  // namespace mimar::agent
