#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/katib/api.grpc.pb.h"
#include "service/katib/experiment_form.h"

namespace mimar::service {

/// Katib's EarlyStopping service with the rule `medianstop`: a threshold that trials of the next
/// batch are held against. It is the median, over the succeeded trials, of the mean of each one's
/// first `start_step` values; with the setting `statistic: mean` the mean, as Katib computes it.
///
/// Values come from the DBManager that the request names. A succeeded trial's are asked for once.
///
/// Thread safety: full.
class EarlyStoppingService final : public katib::EarlyStopping::Service {
 public:
  /// Puts a trial's status to early stopped, where trials have one. Throws Error.
  using SetStatus = std::function<void(const std::string& trial_name)>;

  /// Without `set_status` SetTrialStatus is UNIMPLEMENTED.
  explicit EarlyStoppingService(SetStatus set_status = {});

  /// Errors: INVALID_ARGUMENT as in ValidateEarlyStoppingSettings; UNAVAILABLE when the DBManager
  /// does not answer within 10 s.
  grpc::Status GetEarlyStoppingRules(grpc::ServerContext* context,
                                     const katib::GetEarlyStoppingRulesRequest* request,
                                     katib::GetEarlyStoppingRulesReply* reply) override;

  grpc::Status SetTrialStatus(grpc::ServerContext* context,
                              const katib::SetTrialStatusRequest* request,
                              katib::SetTrialStatusReply* reply) override;

  /// Errors: INVALID_ARGUMENT in Katib's words.
  grpc::Status ValidateEarlyStoppingSettings(
      grpc::ServerContext* context, const katib::ValidateEarlyStoppingSettingsRequest* request,
      katib::ValidateEarlyStoppingSettingsReply* reply) override;

 private:
  /// Where a trial's log lies: address, trial, metric.
  using LogKey = std::tuple<std::string, std::string, std::string>;

  std::vector<double> values_of(katib::DBManager::Stub& logs, const LogKey& key);

  SetStatus set_status_;
  std::mutex mutex_;
  std::map<LogKey, std::vector<double>> known_;  // guarded by mutex_
};

}  // namespace mimar::service
