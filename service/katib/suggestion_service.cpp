#include "service/katib/suggestion_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "service/katib/status.h"
#include "service/katib/trial_form.h"

namespace mimar::service {
namespace {

/// Experiments whose models are kept; a policy network is a process of some 170 MB.
constexpr std::size_t kMaxSessions = 16;
constexpr int kMaxProposals = 10000;

/// The request's proposals. Suggestions that were handed out before and are no trials yet come
/// first once more, and are not handed out again.
std::vector<hpo::Proposal> propose(experiment::SuggestionProvider& provider,
                                   const experiment::Experiment& experiment,
                                   const hpo::History& history,
                                   const katib::GetSuggestionsRequest& request) {
  const int count = request.current_request_number();
  const int handed_out = std::max(0, request.total_request_number() - count);
  const int missing = std::clamp(handed_out - request.trials_size(), 0, kMaxProposals);
  std::vector<hpo::Proposal> proposals = provider.propose(history, missing + count);
  proposals.erase(proposals.begin(),
                  proposals.begin() + std::min<std::ptrdiff_t>(missing, std::ssize(proposals)));
  if (std::cmp_equal(proposals.size(), count)) return proposals;
  const space::SearchSpace space = experiment::search_space(experiment.spec);
  while (std::cmp_less(proposals.size(), count)) {
    Rng rng(experiment.seed(), static_cast<std::uint64_t>(handed_out) + proposals.size(),
            stable_hash("used-up"));
    proposals.push_back({.assignment = space.sample(rng), .replicate = true});
  }
  return proposals;
}

}  // namespace

/// What is kept of one experiment.
struct SuggestionService::Session {
  std::mutex mutex;
  experiment::Experiment experiment;
  std::unique_ptr<experiment::SuggestionProvider> provider;  // guarded by mutex
  std::uint64_t used = 0;                                    // guarded by the service's mutex
};

SuggestionService::SuggestionService(std::filesystem::path controller_program)
    : controller_program_(std::move(controller_program)) {}

SuggestionService::~SuggestionService() = default;

std::shared_ptr<SuggestionService::Session> SuggestionService::session_for(
    const katib::Experiment& message) {
  katib::Experiment identity = message;
  // Budgets are edited while an experiment runs, and no proposal depends on them.
  identity.mutable_spec()->clear_parallel_trial_count();
  identity.mutable_spec()->clear_max_trial_count();
  const std::string key = identity.SerializeAsString();
  const std::lock_guard lock(mutex_);
  ++now_;
  if (const auto known = sessions_.find(key); known != sessions_.end()) {
    known->second->used = now_;
    return known->second;
  }
  auto session = std::make_shared<Session>();
  session->experiment = read_experiment(message);
  session->provider =
      experiment::make_provider(session->experiment, {.program = controller_program_});
  session->used = now_;
  if (sessions_.size() >= kMaxSessions) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second->used < b.second->used; }));
  }
  sessions_[key] = session;
  return session;
}

grpc::Status SuggestionService::GetSuggestions(grpc::ServerContext* /*context*/,
                                               const katib::GetSuggestionsRequest* request,
                                               katib::GetSuggestionsReply* reply) {
  return answer([&] {
    const int count = request->current_request_number();
    require(count >= 1 && count <= kMaxProposals,
            "current_request_number must be from 1 to 10000: ", count);
    const std::shared_ptr<Session> session = session_for(request->experiment());
    const std::lock_guard lock(session->mutex);
    const hpo::History history = to_history(session->experiment, request->trials());
    hpo::TrialId number = std::max(0, request->total_request_number() - count);
    for (const hpo::Proposal& proposal :
         propose(*session->provider, session->experiment, history, *request)) {
      *reply->add_parameter_assignments() = to_assignments(session->experiment, proposal, number++);
    }
  });
}

grpc::Status SuggestionService::ValidateAlgorithmSettings(
    grpc::ServerContext* /*context*/, const katib::ValidateAlgorithmSettingsRequest* request,
    katib::ValidateAlgorithmSettingsReply* /*reply*/) {
  return answer([&] { read_experiment(request->experiment()); });
}

}  // namespace mimar::service
