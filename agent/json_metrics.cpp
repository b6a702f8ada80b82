#include "agent/json_metrics.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "agent/metric_text.h"
#include "base/error.h"

namespace mimar::agent {
namespace {

/// The year 9999: what lies beyond is no time of a trial.
constexpr double kMaxSeconds = 253'402'300'799.0;

std::optional<TimePoint> find_timestamp(const Json& value) {
  if (!value.is_number()) return find_rfc3339(value);
  const auto seconds = value.get<double>();
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) return std::nullopt;
  return TimePoint(std::chrono::microseconds(std::llround(seconds * 1e6)));
}

}  // namespace

std::optional<std::string> JsonMetricReader::read(std::string_view line, TimePoint now,
                                                  std::vector<MetricValue>& found) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return std::nullopt;
  const Json json = parse_metric_json(line);
  if (!json.is_object()) return R"(no JSON object; expected {"NAME":"0.5","timestamp":"..."})";
  std::optional<std::string> problem;
  TimePoint time = now;
  if (const auto entry = json.find("timestamp"); entry != json.end()) {
    const std::optional<TimePoint> written = find_timestamp(*entry);
    if (!written) problem = "\"timestamp\" is no RFC 3339 time and no number of seconds";
    time = written.value_or(now);
  }
  for (const auto& [name, value] : json.items()) {
    if (std::find(metric_names_.begin(), metric_names_.end(), name) == metric_names_.end()) {
      continue;
    }
    std::optional<std::string> text = find_value_text(value);
    if (!text) {
      problem = concat("metric \"", name, "\" is neither a number nor a text");
      continue;
    }
    found.push_back(
        {.metric = name, .step = counts_[name]++, .time = time, .value = std::move(*text)});
  }
  return problem;
}

}  // namespace mimar::agent
