#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace mimar::agent {

/// One value of one metric as a trial wrote it.
struct MetricValue {
  std::string metric = {};
  std::int64_t step = 0;
  TimePoint time = {};
  std::string value = {};  // a number, "nan", "inf", "-inf", or any text; UTF-8, never empty

  bool operator==(const MetricValue&) const = default;
};

}  // namespace mimar::agent
