#include "service/katib/early_stopping_service.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/number_text.h"
#include "hpo/early_stopping/early_stopper.h"
#include "hpo/settings.h"
#include "service/katib/status.h"

namespace mimar::service {
namespace {

constexpr std::chrono::seconds kLogTimeout{10};
/// Trials whose values are kept; one has a few hundred of them.
constexpr std::size_t kMaxKnown = 10000;

hpo::Settings checked_settings(const katib::EarlyStoppingSpec& spec) {
  hpo::Settings settings = to_settings(spec.algorithm_settings());
  const auto problems = hpo::validate_early_stopping(spec.algorithm_name(), settings);
  if (!problems.empty()) fail(ErrorCode::kInvalidArgument, problems.front().message);
  return settings;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

}  // namespace

EarlyStoppingService::EarlyStoppingService(SetStatus set_status)
    : set_status_(std::move(set_status)) {}

/// All values of the trial's metric in order of time; those that are no finite numbers left out.
std::vector<double> EarlyStoppingService::values_of(katib::DBManager::Stub& logs,
                                                    const LogKey& key) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
  }
  const auto& [address, trial, metric] = key;
  katib::GetObservationLogRequest request;
  request.set_trial_name(trial);
  request.set_metric_name(metric);
  katib::GetObservationLogReply reply;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLogTimeout);
  const grpc::Status status = logs.GetObservationLog(&context, request, &reply);
  if (!status.ok()) {
    fail(ErrorCode::kUnavailable, "no observation log of ", trial, " from ", address, ": ",
         status.error_message());
  }
  std::vector<double> values;
  for (const katib::MetricLog& entry : reply.observation_log().metric_logs()) {
    const auto value = find_double(entry.metric().value());
    if (value && std::isfinite(*value)) values.push_back(*value);
  }
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMaxKnown) known_.clear();
  known_[key] = values;
  return values;
}

grpc::Status EarlyStoppingService::GetEarlyStoppingRules(
    grpc::ServerContext* /*context*/, const katib::GetEarlyStoppingRulesRequest* request,
    katib::GetEarlyStoppingRulesReply* reply) {
  return answer([&] {
    const katib::ExperimentSpec& spec = request->experiment().spec();
    const hpo::Settings settings = checked_settings(spec.early_stopping());
    const int min_trials = hpo::integer_setting(settings, "min_trials_required", 3);
    const int start_step = hpo::integer_setting(settings, "start_step", 4);
    const std::string& metric = spec.objective().objective_metric_name();
    const std::string& address = request->db_manager_address();
    require(!address.empty(), "db_manager_address is needed: trials' values come from there");
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    const auto logs = katib::DBManager::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    std::vector<double> averages;
    for (const katib::Trial& trial : request->trials()) {
      if (trial.status().condition() != katib::TrialStatus::SUCCEEDED) continue;
      std::vector<double> values = values_of(*logs, {address, trial.name(), metric});
      if (values.empty()) continue;
      values.resize(std::min(values.size(), static_cast<std::size_t>(start_step)));
      averages.push_back(mean(values));
    }
    if (averages.empty() || std::cmp_less(averages.size(), min_trials)) return;
    const auto statistic = settings.find("statistic");
    const bool takes_mean = statistic != settings.end() && statistic->second == "mean";
    katib::EarlyStoppingRule& rule = *reply->add_early_stopping_rules();
    rule.set_name(metric);
    rule.set_value(to_text(takes_mean ? mean(averages) : median(averages)));
    rule.set_comparison(spec.objective().type() == katib::MAXIMIZE ? katib::LESS : katib::GREATER);
    rule.set_start_step(start_step);
  });
}

grpc::Status EarlyStoppingService::SetTrialStatus(grpc::ServerContext* /*context*/,
                                                  const katib::SetTrialStatusRequest* request,
                                                  katib::SetTrialStatusReply* /*reply*/) {
  if (!set_status_) {
    return {grpc::StatusCode::UNIMPLEMENTED,
            "this server has no cluster whose trials it could mark as early stopped"};
  }
  return answer([&] { set_status_(request->trial_name()); });
}

grpc::Status EarlyStoppingService::ValidateEarlyStoppingSettings(
    grpc::ServerContext* /*context*/, const katib::ValidateEarlyStoppingSettingsRequest* request,
    katib::ValidateEarlyStoppingSettingsReply* /*reply*/) {
  return answer([&] { checked_settings(request->early_stopping()); });
}

}  // namespace mimar::service
