#include "agent/exposition.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>

#include "base/number_text.h"

namespace mimar::agent {
namespace {

constexpr std::size_t kMaxPageBytes = std::size_t{4} << 20U;
constexpr std::string_view kSpaces = " \t\r";

void skip_spaces(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(kSpaces), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  skip_spaces(text);
  return word;
}

/// The place of the brace that ends the labels; quotes may hold braces and escaped quotes.
std::size_t find_end_of_labels(std::string_view text) {
  bool in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_quotes && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_quotes = !in_quotes;
    } else if (text[i] == '}' && !in_quotes) {
      return i;
    }
  }
  return std::string_view::npos;
}

/// The metric's name as Prometheus allows it.
std::string as_sample_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.' || c == '/'; }, '_');
  return name;
}

/// Finite numbers as they were written; the others as they are stored.
std::optional<std::string> find_value(std::string_view text) {
  const std::optional<double> number = find_double(text);
  if (!number) return std::nullopt;
  return std::isfinite(*number) ? std::string(text) : to_text(*number);
}

}  // namespace

std::optional<Sample> find_sample(std::string_view line) {
  skip_spaces(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  Sample sample;
  const std::size_t end = std::min(line.find_first_of(" \t{"), line.size());
  sample.name = line.substr(0, end);
  line.remove_prefix(end);
  skip_spaces(line);
  if (line.starts_with('{')) {
    line.remove_prefix(1);
    const std::size_t close = find_end_of_labels(line);
    if (close == std::string_view::npos) return std::nullopt;
    sample.labels = line.substr(0, close);
    line.remove_prefix(close + 1);
    skip_spaces(line);
  }
  sample.value = take_word(line);
  if (sample.name.empty() || sample.value.empty()) return std::nullopt;
  const std::string_view time = take_word(line);
  std::int64_t time_ms = 0;
  if (!time.empty() &&
      std::from_chars(time.data(), time.data() + time.size(), time_ms).ec == std::errc{}) {
    sample.time_ms = time_ms;
  }
  return sample;
}

void PageMetricReader::add(std::string_view bytes, TimePoint now, std::vector<MetricValue>& found) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    page_.append(bytes.substr(0, std::min(end, kMaxPageBytes - page_.size())));
    if (end == bytes.size()) return;
    read_page(now, found);
    page_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void PageMetricReader::read_page(TimePoint now, std::vector<MetricValue>& found) {
  ++num_pages_;
  std::set<std::string> on_this_page;
  for (std::string_view rest = page_; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::optional<Sample> sample = find_sample(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!sample) continue;
    for (const std::string& metric : metric_names_) {
      if (sample->name != metric && sample->name != as_sample_name(metric)) continue;
      std::optional<std::string> value = find_value(sample->value);
      if (!value || !on_this_page.insert(metric).second) continue;
      const auto [known, is_new] = seen_.try_emplace(metric);
      Seen& seen = known->second;
      if (!is_new && seen.value == *value && seen.time_ms == sample->time_ms) continue;
      const TimePoint time =
          sample->time_ms ? TimePoint(std::chrono::milliseconds(*sample->time_ms)) : now;
      seen.value = *value;
      seen.time_ms = sample->time_ms;
      found.push_back(
          {.metric = metric, .step = seen.next_step++, .time = time, .value = std::move(*value)});
    }
  }
}

}  // namespace mimar::agent
