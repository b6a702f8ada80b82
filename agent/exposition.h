#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metric_value.h"

namespace mimar::agent {

/// One line of a Prometheus page.
struct Sample {
  std::string_view name = {};
  std::string_view labels = {};  // between the braces, as written
  std::string_view value = {};
  std::optional<std::int64_t> time_ms = {};  // since 1970
};

/// Reads a line of Prometheus' text exposition format 0.0.4, `name{label="value"} 0.5
/// 1700000000000`. Nothing for comments, blank lines and what is no sample.
std::optional<Sample> find_sample(std::string_view line);

/// The PrometheusMetric collector: the same page, read again and again.
///
/// A value counts when it, or its time, differs from what the page said before; its step is the
/// number of its earlier values. As Prometheus' names hold neither '-' nor '.' nor '/', the metric
/// validation-accuracy is also found as validation_accuracy. Of several samples of one name, with
/// different labels, the first one counts; a histogram's or summary's parts have names of their
/// own.
///
/// Thread safety: none.
class PageMetricReader {
 public:
  explicit PageMetricReader(std::vector<std::string> metric_names)
      : metric_names_(std::move(metric_names)) {}

  /// Takes bytes of the pages that come, each ended by '\0'. A page beyond 4 MiB is cut.
  void add(std::string_view bytes, TimePoint now, std::vector<MetricValue>& found);

  /// How many pages have come.
  int num_pages() const noexcept { return num_pages_; }

 private:
  struct Seen {
    std::string value;
    std::optional<std::int64_t> time_ms;
    std::int64_t next_step = 0;
  };

  void read_page(TimePoint now, std::vector<MetricValue>& found);

  std::vector<std::string> metric_names_;
  std::map<std::string, Seen, std::less<>> seen_;
  std::string page_;
  int num_pages_ = 0;
};

}  // namespace mimar::agent
