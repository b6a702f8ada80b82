#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metric_value.h"

namespace mimar::agent {

/// Finds metrics in lines of JSON by the rules of Katib's File collector: one object a line, whose
/// keys are metric names; the values of those that are requested count. "timestamp" is an RFC 3339
/// text or a number of seconds since 1970. A metric's step is the number of its earlier values.
///
/// Where we leave Katib: numbers count as well as texts; a fraction of a second is one (Katib reads
/// its digits as nanoseconds); a line that is no object does not end the collection.
///
/// Thread safety: none.
class JsonMetricReader {
 public:
  explicit JsonMetricReader(std::vector<std::string> metric_names)
      : metric_names_(std::move(metric_names)) {}

  /// Appends the values of `line`; the answer says what is wrong with a line that was left out.
  std::optional<std::string> read(std::string_view line, TimePoint now,
                                  std::vector<MetricValue>& found);

 private:
  std::vector<std::string> metric_names_;
  std::map<std::string, std::int64_t, std::less<>> counts_;
};

}  // namespace mimar::agent
