#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/file_tail.h"
#include "agent/line_buffer.h"
#include "agent/metric_source.h"
#include "agent/text_filter.h"

namespace mimar::agent {

/// The File collector: a log of lines that a trial writes.
class FileMetrics final : public MetricSource {
 public:
  /// Lines by Katib's TEXT rules. What `path` holds now is of an earlier trial and does not count.
  FileMetrics(std::filesystem::path path, std::shared_ptr<const TextFilter> filter);

  /// Lines of JSON with the values of these metrics.
  FileMetrics(std::filesystem::path path, std::vector<std::string> metric_names);

  void read(TimePoint now, std::vector<MetricValue>& found,
            std::vector<std::string>& problems) override;
  void finish(TimePoint now, std::vector<MetricValue>& found,
              std::vector<std::string>& problems) override;

 private:
  using ReadLine = std::function<std::optional<std::string>(std::string_view, TimePoint,
                                                            std::vector<MetricValue>&)>;

  void take(std::string_view line, TimePoint now, std::vector<MetricValue>& found,
            std::vector<std::string>& problems);

  FileTail tail_;
  LineBuffer lines_;
  ReadLine read_line_;
  bool told_problem_ = false;
};

}  // namespace mimar::agent
