#include "service/katib/db_manager_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "service/katib/status.h"

namespace mimar::service {
namespace {

using experiment::LoggedMetric;

std::optional<TimePoint> find_time(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return parse_rfc3339(text);
}

/// RFC 3339 without zeros at the end of the fraction, as Go's RFC3339Nano has it.
std::string to_nano_text(TimePoint time) {
  std::string text = to_rfc3339(time);
  if (text.find('.') == std::string::npos) return text;
  text.pop_back();  // Z
  text.erase(text.find_last_not_of('0') + 1);
  return text + 'Z';
}

}  // namespace

DbManagerService::DbManagerService(std::unique_ptr<experiment::ObservationLogs> logs)
    : logs_(std::move(logs)) {}

grpc::Status DbManagerService::ReportObservationLog(
    grpc::ServerContext* /*context*/, const katib::ReportObservationLogRequest* request,
    katib::ReportObservationLogReply* /*reply*/) {
  return answer([&] {
    require(!request->trial_name().empty(), "trial_name is needed");
    std::vector<LoggedMetric> entries;
    for (const katib::MetricLog& entry : request->observation_log().metric_logs()) {
      const auto time = find_time(entry.time_stamp());
      if (!time) continue;
      entries.push_back({*time, entry.metric().name(), entry.metric().value()});
    }
    const std::lock_guard lock(mutex_);
    logs_->add(request->trial_name(), entries);
  });
}

grpc::Status DbManagerService::GetObservationLog(grpc::ServerContext* /*context*/,
                                                 const katib::GetObservationLogRequest* request,
                                                 katib::GetObservationLogReply* reply) {
  return answer([&] {
    const auto from = find_time(request->start_time());
    const auto to = find_time(request->end_time());
    katib::ObservationLog& log = *reply->mutable_observation_log();
    const std::lock_guard lock(mutex_);
    for (LoggedMetric& entry :
         logs_->list(request->trial_name(), request->metric_name(), from, to)) {
      katib::MetricLog& out = *log.add_metric_logs();
      out.set_time_stamp(to_nano_text(entry.time));
      out.mutable_metric()->set_name(std::move(entry.metric));
      out.mutable_metric()->set_value(std::move(entry.value));
    }
  });
}

grpc::Status DbManagerService::DeleteObservationLog(
    grpc::ServerContext* /*context*/, const katib::DeleteObservationLogRequest* request,
    katib::DeleteObservationLogReply* /*reply*/) {
  return answer([&] {
    const std::lock_guard lock(mutex_);
    logs_->remove(request->trial_name());
  });
}

}  // namespace mimar::service
