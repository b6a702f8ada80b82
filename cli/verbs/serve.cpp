#include "cli/verbs/serve.h"

#include <csignal>
#include <string>

#include "base/error.h"
#include "cli/child_program.h"
#include "cli/controllers.h"
#include "service/katib_server.h"

namespace mimar::cli {
namespace {

/// How long calls under way get at the end.
constexpr std::chrono::seconds kPatience{5};

/// Signals that end the server. They are blocked in this thread and in those that it starts, and
/// taken one by one.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~EndSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  void wait() const {
    int signal = 0;
    ::sigwait(&signals_, &signal);
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

/// HOST:PORT as it is listened at; a port 0 has become a real one.
std::string with_port(const std::string& address, int port) {
  return concat(address.substr(0, address.rfind(':') + 1), port);
}

}  // namespace

ExitCode serve(Context& context, const ServeOptions& options) {
  require(options.katib, "say what to serve: --katib for Katib's gRPC services");
  require(options.address.rfind(':') != std::string::npos,
          "--addr must be HOST:PORT: ", options.address);
  const EndSignals signals;
  service::KatibServer server(
      {.address = options.address,
       .state_dir = context.state_dir(),
       .controller_program = find_program(kControllerProgram).value_or("")});
  context.out() << "Katib's services at " << with_port(options.address, server.port()) << std::endl;
  signals.wait();
  server.stop(kPatience);
  return kDone;
}

}  // namespace mimar::cli
