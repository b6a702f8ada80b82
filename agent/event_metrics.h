#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "agent/event_file.h"
#include "agent/file_tail.h"
#include "agent/metric_source.h"

namespace mimar::agent {

/// The TensorFlowEvent collector: all event files below a folder.
///
/// A metric `train/accuracy` is the tag `accuracy` in files whose folder's path ends with `train`,
/// or the tag `train/accuracy` anywhere (as PyTorch's SummaryWriter names them); `accuracy` is that
/// tag in any folder. As TensorFlow 1 numbers tags that are used twice, `accuracy_1` counts too.
/// Katib takes every tag that begins with the name: `loss` would also be `loss_scale`.
class EventMetrics final : public MetricSource {
 public:
  /// `folder` is where this process finds the files, `shown` the path that the trial knows, against
  /// which metric names are held. What lies there already is of an earlier trial and does not
  /// count.
  EventMetrics(std::filesystem::path folder, std::filesystem::path shown,
               std::vector<std::string> metric_names);

  void read(TimePoint now, std::vector<MetricValue>& found,
            std::vector<std::string>& problems) override;
  void finish(TimePoint now, std::vector<MetricValue>& found,
              std::vector<std::string>& problems) override;

 private:
  struct EventFile {
    FileTail tail;
    EventFileReader reader;
  };

  void find_files(bool from_end);
  void add(const EventScalar& scalar, const std::filesystem::path& folder, TimePoint now,
           std::vector<MetricValue>& found) const;

  std::filesystem::path folder_;
  std::filesystem::path shown_;
  std::vector<std::string> metric_names_;
  std::map<std::filesystem::path, EventFile> files_;
};

/// True when the tag of an event file in `folder` is the metric.
bool is_event_of_metric(std::string_view metric, std::string_view tag,
                        const std::filesystem::path& folder);

}  // namespace mimar::agent
