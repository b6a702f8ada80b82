#include "service/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_interceptor.h>

#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"

namespace mimar::service {
namespace {

constexpr std::chrono::seconds kPatienceAtTheEnd{1};
constexpr std::chrono::milliseconds kPollInterval{10};
constexpr int kKeepaliveMs = 30000;
constexpr int kShortestPingMs = 10000;

/// Both are settings of the process, heeded by servers that are built later.
void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

/// Counts a call while it is under way.
class CountedCall final : public grpc::experimental::Interceptor {
 public:
  explicit CountedCall(std::atomic<int>& count) : count_(count) { ++count_; }
  ~CountedCall() override { --count_; }
  CountedCall(const CountedCall&) = delete;
  CountedCall& operator=(const CountedCall&) = delete;

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    methods->Proceed();
  }

 private:
  std::atomic<int>& count_;
};

class CallCounter final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallCounter(std::atomic<int>& count) : count_(count) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* /*info*/) override {
    return new CountedCall(count_);
  }

 private:
  std::atomic<int>& count_;
};

}  // namespace

GrpcServer::GrpcServer(const GrpcServerOptions& options) {
  enable_plugins();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &port_);
  // A port that another process holds is an error, not a share of its calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kShortestPingMs);
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<CallCounter>(num_calls_));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (!server_ || port_ == 0) {
    fail(ErrorCode::kUnavailable, "cannot listen at ", options.address,
         ": it is no address of this machine, or another program has the port");
  }
  for (const std::string& name : options.health_names) {
    server_->GetHealthCheckService()->SetServingStatus(name, true);
  }
}

GrpcServer::~GrpcServer() { stop(kPatienceAtTheEnd); }

void GrpcServer::stop(std::chrono::milliseconds patience) {
  if (!server_) return;
  server_->GetHealthCheckService()->SetServingStatus(false);
  // Shutdown's own deadline would wait for connections too, on which nothing happens.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (num_calls_ > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPollInterval);
  }
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

}  // namespace mimar::service
