#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metric_value.h"

namespace mimar::agent {

/// Reads what a trial writes to MIMAR_METRICS_FD: one JSON object per line, for example
/// {"step":3,"time":"2026-11-24T10:42:07Z","metrics":{"accuracy":0.91,"loss":"nan"}}.
///
/// Without "step" a line is one step after the one before it; without "time" it is of now. Bare
/// NaN, Infinity and -Infinity, as Python writes them, are read too. The format is described in
/// docs/formats/metrics-pipe.md.
///
/// Thread safety: none.
class MetricLineReader {
 public:
  /// Appends the values of `line`; blank lines hold none. What cannot be read is left out, and the
  /// answer says what is wrong with it.
  std::optional<std::string> read(std::string_view line, TimePoint now,
                                  std::vector<MetricValue>& found);

 private:
  std::int64_t next_step_ = 0;
};

}  // namespace mimar::agent
