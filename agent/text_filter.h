#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metric_value.h"

namespace re2 {
class RE2;
}

namespace mimar::agent {

/// Finds metrics in a program's output by Katib's TEXT rules.
///
/// A line counts when it holds the name of a requested metric. Every filter is tried on it, all its
/// matches are taken: group 1 is the name, group 2 the value, both trimmed. What stands before the
/// first space is the time, when it is RFC 3339.
///
/// Where we leave Katib: a value that matches empty (`loss=nan` does, for the default filter) is
/// read as nan or infinity when such a word stands there, and is no value otherwise; Katib stores
/// "". A line without a time gets that of reading, not year 1.
///
/// Immutable. Thread safety: full.
class TextFilter {
 public:
  /// Katib's default: names of letters, digits, _, | and -, and a decimal number after "=".
  static constexpr std::string_view kDefault =
      R"re(([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?))re";

  /// An empty list of filters means the default. Patterns are RE2's.
  /// Errors: kInvalidArgument when a filter does not compile or has fewer than two groups.
  TextFilter(std::vector<std::string> metric_names, const std::vector<std::string>& filters);
  ~TextFilter();
  TextFilter(const TextFilter&) = delete;
  TextFilter& operator=(const TextFilter&) = delete;

  /// Appends what `line` holds; steps are left at 0.
  void read(std::string_view line, TimePoint now, std::vector<MetricValue>& found) const;

 private:
  bool is_requested(std::string_view name) const;

  std::vector<std::string> metric_names_;
  std::vector<std::unique_ptr<re2::RE2>> filters_;
};

/// Reads the lines of one trial: a metric's step is the number of its earlier values.
///
/// Thread safety: none.
class TextMetricReader {
 public:
  explicit TextMetricReader(std::shared_ptr<const TextFilter> filter)
      : filter_(std::move(filter)) {}

  /// Appends what `line` holds.
  void read(std::string_view line, TimePoint now, std::vector<MetricValue>& found);

 private:
  std::shared_ptr<const TextFilter> filter_;
  std::map<std::string, std::int64_t, std::less<>> counts_;
};

}  // namespace mimar::agent
