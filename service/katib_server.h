#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "service/grpc_server.h"

namespace mimar::service {

struct KatibServerOptions {
  std::string address = "127.0.0.1:6789";
  std::filesystem::path state_dir;           // of the observation logs
  std::filesystem::path controller_program;  // mimar-controller
};

/// Katib's three services at one address: Suggestion, EarlyStopping and DBManager, with the health
/// names that Katib's probes ask for. Plain HTTP/2, as in Katib.
class KatibServer {
 public:
  /// Errors: as GrpcServer, and those of the store.
  explicit KatibServer(const KatibServerOptions& options);
  ~KatibServer();

  int port() const noexcept;
  void stop(std::chrono::milliseconds patience);

 private:
  struct Services;
  std::unique_ptr<Services> services_;
  std::unique_ptr<GrpcServer> server_;
};

}  // namespace mimar::service
