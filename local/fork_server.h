#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agent/spawner.h"
#include "base/file_descriptor.h"
#include "base/json.h"
#include "local/trial_plan.h"

namespace mimar::local {

/// What a fork server says about one of its trials.
struct ForkStarted {
  pid_t pid = 0;
};
struct ForkExited {
  int wait_status = 0;  // as waitpid() has it
};
struct ForkRefused {
  std::string message;  // nothing was started
};
struct ForkReply {
  std::string trial;
  std::variant<ForkStarted, ForkExited, ForkRefused> what;
};

/// Client of one `mimar-train --fork-server=FD`, a process that has loaded LibTorch once and forks
/// a child per trial (docs/formats/fork-server.md). It hangs below a guardian as trials do.
///
/// The owner polls socket() for replies and control() for the server's end. A server that ends
/// before it has started any trial is not tried again.
///
/// Thread safety: none.
class ForkServer {
 public:
  /// `environment` is that of the engine, which the server gets; its output goes to `log`.
  ForkServer(agent::Spawner& spawner, std::map<std::string, std::string> environment,
             std::filesystem::path log);

  /// True when trials of `program` can be sent: the server runs, or could be started just now.
  /// Errors: kUnavailable when the spawner is gone, kResourceExhausted.
  bool ready(const std::string& program);

  bool is_running() const noexcept { return static_cast<bool>(socket_); }
  int socket() const noexcept { return socket_.get(); }
  int control() const noexcept { return control_.get(); }

  /// Asks the server to run a trial; `process` has its share of the cores.
  /// Errors: what send_packet() throws; also kInvalidArgument for text that is not UTF-8.
  void run(const std::string& trial, const agent::ProcessPlan& process, int output, int metrics);

  /// Signals a trial's process group; nothing when the server is gone.
  void signal(const std::string& trial, int signal) noexcept;

  /// The next reply, if one has come; does not wait.
  std::optional<ForkReply> receive();

  /// The server and its tree are gone (control() closed). True when it may be started again.
  bool ended() noexcept;

  /// Kills the server and its tree; control() closes when they are gone.
  void kill() noexcept;

 private:
  agent::ProcessPlan server_plan(const std::string& program) const;

  agent::Spawner* spawner_;
  std::map<std::string, std::string> environment_;
  std::filesystem::path log_;
  std::string program_;
  FileDescriptor socket_;
  FileDescriptor control_;
  bool proven_ = false;
  bool unusable_ = false;
};

}  // namespace mimar::local
