#include "service/katib_server.h"

#include "service/katib/db_manager_service.h"
#include "service/katib/early_stopping_service.h"
#include "service/katib/suggestion_service.h"

namespace mimar::service {

struct KatibServer::Services {
  SuggestionService suggestion;
  EarlyStoppingService early_stopping;
  DbManagerService db_manager;
};

KatibServer::KatibServer(const KatibServerOptions& options)
    : services_(new Services{
          .suggestion = SuggestionService(options.controller_program),
          .early_stopping = EarlyStoppingService(),
          .db_manager = DbManagerService(experiment::open_observation_logs(options.state_dir))}) {
  server_ = std::make_unique<GrpcServer>(GrpcServerOptions{
      .address = options.address,
      .services = {&services_->suggestion, &services_->early_stopping, &services_->db_manager},
      // Katib's probes ask for the first, which is no service's name.
      .health_names = {"manager.v1beta1.Suggestion", "api.v1.beta1.Suggestion",
                       "api.v1.beta1.EarlyStopping", "api.v1.beta1.DBManager",
                       "grpc.health.v1.Health"}});
}

KatibServer::~KatibServer() = default;

int KatibServer::port() const noexcept { return server_->port(); }

void KatibServer::stop(std::chrono::milliseconds patience) { server_->stop(patience); }

}  // namespace mimar::service
