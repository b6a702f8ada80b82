#include "agent/event_metrics.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace mimar::agent {
namespace {

namespace fs = std::filesystem;

/// True for the name itself and for the name with _1, _2, ...
bool is_tag(std::string_view tag, std::string_view name) {
  if (!tag.starts_with(name)) return false;
  tag.remove_prefix(name.size());
  if (tag.empty()) return true;
  return tag.size() > 1 && tag.front() == '_' &&
         std::all_of(tag.begin() + 1, tag.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_event_of_metric(std::string_view metric, std::string_view tag, const fs::path& folder) {
  if (is_tag(tag, metric)) return true;
  const std::size_t slash = metric.rfind('/');
  if (slash == std::string_view::npos || !is_tag(tag, metric.substr(slash + 1))) return false;
  // With a slash in front, so that "train" is not the end of "pretrain".
  const std::string ending = concat("/", metric.substr(0, slash));
  return concat("/", folder.generic_string()).ends_with(ending);
}

EventMetrics::EventMetrics(fs::path folder, fs::path shown, std::vector<std::string> metric_names)
    : folder_(std::move(folder)), shown_(std::move(shown)), metric_names_(std::move(metric_names)) {
  find_files(true);
}

void EventMetrics::find_files(bool from_end) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder_, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename().native().find("tfevents") == std::string::npos) continue;
    std::error_code ignored;
    if (files_.contains(path) || !entry->is_regular_file(ignored)) continue;
    files_.emplace(path, EventFile{.tail = FileTail(path, from_end), .reader = {}});
  }
}

void EventMetrics::read(TimePoint now, std::vector<MetricValue>& found,
                        std::vector<std::string>& problems) {
  find_files(false);
  for (auto& entry : files_) {  // no structured binding: clang 14 captures none in a lambda
    const auto& path = entry.first;
    auto& file = entry.second;
    std::vector<EventScalar> scalars;
    file.tail.read(
        [&](std::string_view bytes) {
          if (const auto problem = file.reader.add(bytes, scalars)) {
            problems.push_back(concat("event file ", path.filename().string(),
                                      " is not read any further: ", *problem));
          }
        },
        [&] { file.reader = EventFileReader(); });
    if (scalars.empty()) continue;
    const fs::path folder = (shown_ / fs::path(path).lexically_relative(folder_)).parent_path();
    for (const EventScalar& scalar : scalars) add(scalar, folder, now, found);
  }
}

void EventMetrics::add(const EventScalar& scalar, const fs::path& folder, TimePoint now,
                       std::vector<MetricValue>& found) const {
  for (const std::string& metric : metric_names_) {
    if (!is_event_of_metric(metric, scalar.tag, folder)) continue;
    found.push_back({.metric = metric,
                     .step = scalar.step,
                     .time = scalar.time == TimePoint{} ? now : scalar.time,
                     .value = scalar.value});
  }
}

void EventMetrics::finish(TimePoint now, std::vector<MetricValue>& found,
                          std::vector<std::string>& problems) {
  read(now, found, problems);
}

}  // namespace mimar::agent
