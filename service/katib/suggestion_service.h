#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "experiment/suggestion_provider.h"
#include "proto/katib/api.grpc.pb.h"
#include "service/katib/experiment_form.h"

namespace mimar::service {

/// Katib's Suggestion service: every algorithm of Mimar for Katib's controller.
///
/// Stateless in meaning: an answer depends on the request alone, so a restarted server, a second
/// one, or a repeated call gives the same proposals. What it keeps (models that were fitted, the
/// policy network's program) is a cache.
///
/// It answers with exactly as many proposals as were asked for, as the controller insists; when a
/// finite space is used up, points of it come again.
///
/// Thread safety: full; calls for one experiment wait for each other.
class SuggestionService final : public katib::Suggestion::Service {
 public:
  /// `controller_program`: mimar-controller, for the algorithm `enas`.
  explicit SuggestionService(std::filesystem::path controller_program);
  ~SuggestionService() override;

  /// Errors: INVALID_ARGUMENT for what ValidateAlgorithmSettings rejects and for a request number
  /// that is not positive or beyond 10,000.
  grpc::Status GetSuggestions(grpc::ServerContext* context,
                              const katib::GetSuggestionsRequest* request,
                              katib::GetSuggestionsReply* reply) override;

  /// Errors: INVALID_ARGUMENT, in Katib's words where Katib has the rule.
  grpc::Status ValidateAlgorithmSettings(grpc::ServerContext* context,
                                         const katib::ValidateAlgorithmSettingsRequest* request,
                                         katib::ValidateAlgorithmSettingsReply* reply) override;

 private:
  struct Session;

  std::shared_ptr<Session> session_for(const katib::Experiment& message);

  std::filesystem::path controller_program_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Session>> sessions_;  // guarded by mutex_
  std::uint64_t now_ = 0;                                     // guarded by mutex_; counts calls
};

}  // namespace mimar::service
