#include "agent/file_metrics.h"

#include <optional>
#include <utility>

#include "agent/json_metrics.h"
#include "base/error.h"

namespace mimar::agent {

FileMetrics::FileMetrics(std::filesystem::path path, std::shared_ptr<const TextFilter> filter)
    : tail_(std::move(path), true),
      read_line_(
          [reader = TextMetricReader(std::move(filter))](std::string_view line, TimePoint now,
                                                         std::vector<MetricValue>& found) mutable {
            reader.read(line, now, found);
            return std::optional<std::string>();
          }) {}

FileMetrics::FileMetrics(std::filesystem::path path, std::vector<std::string> metric_names)
    : tail_(std::move(path), true),
      read_line_(
          [reader = JsonMetricReader(std::move(metric_names))](
              std::string_view line, TimePoint now, std::vector<MetricValue>& found) mutable {
            return reader.read(line, now, found);
          }) {}

void FileMetrics::read(TimePoint now, std::vector<MetricValue>& found,
                       std::vector<std::string>& problems) {
  tail_.read(
      [&](std::string_view bytes) {
        lines_.add(bytes, [&](std::string_view line) { take(line, now, found, problems); });
      },
      [&] { lines_ = LineBuffer(); });
}

void FileMetrics::finish(TimePoint now, std::vector<MetricValue>& found,
                         std::vector<std::string>& problems) {
  read(now, found, problems);
  lines_.finish([&](std::string_view line) { take(line, now, found, problems); });
}

void FileMetrics::take(std::string_view line, TimePoint now, std::vector<MetricValue>& found,
                       std::vector<std::string>& problems) {
  const std::optional<std::string> problem = read_line_(line, now, found);
  if (!problem || told_problem_) return;
  told_problem_ = true;
  problems.push_back(
      concat("a line of the metrics file cannot be read (later ones are passed over ",
             "silently): ", *problem));
}

}  // namespace mimar::agent
