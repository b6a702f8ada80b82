#include "experiment/store/observation_logs.h"
#include "experiment/store/rows.h"
#include "experiment/store/schema.h"
#include "experiment/store/sqlite.h"

namespace mimar::experiment {
namespace {

class SqliteObservationLogs final : public ObservationLogs {
 public:
  explicit SqliteObservationLogs(const std::filesystem::path& file) : database_(file) {
    prepare_schema(database_, file);
  }

  void add(std::string_view trial, const std::vector<LoggedMetric>& entries) override {
    if (entries.empty()) return;
    Transaction transaction(database_);
    for (const LoggedMetric& entry : entries) {
      database_.run("INSERT INTO observation_logs (trial, time, metric, value) VALUES (?, ?, ?, ?)",
                    trial, to_column(entry.time), std::string_view(entry.metric),
                    std::string_view(entry.value));
    }
    transaction.commit();
  }

  std::vector<LoggedMetric> list(std::string_view trial, std::string_view metric,
                                 std::optional<TimePoint> from,
                                 std::optional<TimePoint> to) override {
    std::vector<LoggedMetric> entries;
    Query row(database_.prepare("SELECT time, metric, value FROM observation_logs WHERE trial = ?1"
                                " AND (?2 = '' OR metric = ?2) AND (?3 IS NULL OR time >= ?3)"
                                " AND (?4 IS NULL OR time <= ?4) ORDER BY time, id"),
              trial, metric, to_column(from), to_column(to));
    while (row.next()) {
      entries.push_back({to_time(row.integer(0)), row.text(1), row.text(2)});
    }
    return entries;
  }

  void remove(std::string_view trial) override {
    database_.run("DELETE FROM observation_logs WHERE trial = ?", trial);
  }

 private:
  Database database_;
};

}  // namespace

std::unique_ptr<ObservationLogs> open_observation_logs(const std::filesystem::path& state_dir) {
  return std::make_unique<SqliteObservationLogs>(make_store_file_name(state_dir));
}

}  // namespace mimar::experiment
