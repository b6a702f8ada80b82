#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mimar::experiment {

/// One value of one metric, as a trial of another system reported it.
struct LoggedMetric {
  TimePoint time;
  std::string metric;
  std::string value;

  bool operator==(const LoggedMetric&) const = default;
};

/// What trials report that are none of Mimar's, by trial name: the table behind Katib's DBManager.
/// Every write is durable when it returns. Thread safety: none.
class ObservationLogs {
 public:
  virtual ~ObservationLogs() = default;

  /// All of them or none.
  virtual void add(std::string_view trial, const std::vector<LoggedMetric>& entries) = 0;

  /// In order of time, of equals in order of arrival. An empty `metric` stands for all; both ends
  /// are included.
  virtual std::vector<LoggedMetric> list(std::string_view trial, std::string_view metric,
                                         std::optional<TimePoint> from,
                                         std::optional<TimePoint> to) = 0;

  virtual void remove(std::string_view trial) = 0;
};

/// The table in `state_dir`/mimar.db. Errors: as open_sqlite_store.
std::unique_ptr<ObservationLogs> open_observation_logs(const std::filesystem::path& state_dir);

}  // namespace mimar::experiment
