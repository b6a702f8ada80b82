#pragma once

#include <memory>
#include <mutex>

#include "experiment/store/observation_logs.h"
#include "proto/katib/api.grpc.pb.h"
#include "service/katib/experiment_form.h"

namespace mimar::service {

/// Katib's DBManager: keeps what trials report, by trial name. Times are kept to the microsecond.
/// A call of any size is taken, and is stored whole or not at all.
///
/// Thread safety: full; calls wait for each other at the store.
class DbManagerService final : public katib::DBManager::Service {
 public:
  explicit DbManagerService(std::unique_ptr<experiment::ObservationLogs> logs);

  /// Entries without a time are passed over, as Katib does. Errors: INVALID_ARGUMENT for a time
  /// that is no RFC 3339, and without a trial's name.
  grpc::Status ReportObservationLog(grpc::ServerContext* context,
                                    const katib::ReportObservationLogRequest* request,
                                    katib::ReportObservationLogReply* reply) override;

  /// Errors: INVALID_ARGUMENT for a time that is no RFC 3339.
  grpc::Status GetObservationLog(grpc::ServerContext* context,
                                 const katib::GetObservationLogRequest* request,
                                 katib::GetObservationLogReply* reply) override;

  grpc::Status DeleteObservationLog(grpc::ServerContext* context,
                                    const katib::DeleteObservationLogRequest* request,
                                    katib::DeleteObservationLogReply* reply) override;

 private:
  std::mutex mutex_;
  std::unique_ptr<experiment::ObservationLogs> logs_;  // guarded by mutex_
};

}  // namespace mimar::service
