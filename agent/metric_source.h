#pragma once

#include <string>
#include <vector>

#include "agent/metric_value.h"

namespace mimar::agent {

/// Metrics that lie in files while a trial writes them. Its owner asks for what is new, again and
/// again.
///
/// Thread safety: none.
class MetricSource {
 public:
  virtual ~MetricSource() = default;

  /// Appends what was written since the last call. A file that is not there yet holds nothing.
  /// What cannot be read is told in `problems`, each problem once in a source's life.
  virtual void read(TimePoint now, std::vector<MetricValue>& found,
                    std::vector<std::string>& problems) = 0;

  /// The trial has ended: also takes a last line that no newline ended.
  virtual void finish(TimePoint now, std::vector<MetricValue>& found,
                      std::vector<std::string>& problems) = 0;
};

}  // namespace mimar::agent
