#pragma once

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Server;
}

namespace mimar::service {

struct GrpcServerOptions {
  std::string address;  // HOST:PORT; port 0: any that is free
  /// Borrowed until the server is gone.
  std::vector<grpc::Service*> services;
  /// What the health service answers SERVING for, beside "": probes ask by name.
  std::vector<std::string> health_names;
};

/// A gRPC server with health and reflection, that takes messages of any size.
class GrpcServer {
 public:
  /// Listens. Errors: kUnavailable when the address cannot be had.
  explicit GrpcServer(const GrpcServerOptions& options);
  /// Calls under way get a second.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  int port() const noexcept { return port_; }

  /// Waits so long for calls under way, and ends what is left of them. Health says NOT_SERVING
  /// from the beginning on.
  void stop(std::chrono::milliseconds patience);

 private:
  int port_ = 0;
  std::atomic<int> num_calls_{0};  // under way; outlives the server
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace mimar::service
