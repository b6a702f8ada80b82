#include "local/fork_server.h"

#include <fcntl.h>
#include <poll.h>

#include <csignal>
#include <utility>

#include "agent/control.h"
#include "base/error.h"
#include "base/json_packet.h"
#include "base/log.h"

namespace mimar::local {
namespace {

constexpr int kSocketNumber = 3;  // in the server

/// Wait statuses as Linux writes them: the exit code in the second byte, or the signal in the
/// first.
int wait_status(const Json& exited) {
  if (exited.contains("signal")) return exited.at("signal").get<int>() & 0x7F;
  return (exited.at("code").get<int>() & 0xFF) << 8;
}

ForkReply to_reply(const Json& body) {
  ForkReply reply{.trial = body.at("id").get<std::string>(), .what = ForkRefused{}};
  if (body.contains("started")) {
    reply.what = ForkStarted{.pid = body.at("started").get<pid_t>()};
  } else if (body.contains("exited")) {
    reply.what = ForkExited{.wait_status = wait_status(body.at("exited"))};
  } else {
    reply.what = ForkRefused{.message = body.at("error").get<std::string>()};
  }
  return reply;
}

bool is_readable(int fd) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&readable, 1, 0) > 0;
}

}  // namespace

ForkServer::ForkServer(agent::Spawner& spawner, std::map<std::string, std::string> environment,
                       std::filesystem::path log)
    : spawner_(&spawner), environment_(std::move(environment)), log_(std::move(log)) {}

agent::ProcessPlan ForkServer::server_plan(const std::string& program) const {
  agent::ProcessPlan plan;
  plan.program = program;
  plan.argv = {"mimar-train", concat("--fork-server=", kSocketNumber)};
  for (const auto& [name, value] : environment_) plan.environment.push_back(name + "=" + value);
  plan.descriptors = {{.source = 0, .target = 1},
                      {.source = 0, .target = 2},
                      {.source = 1, .target = kSocketNumber}};
  plan.grace = std::chrono::milliseconds{0};
  return plan;
}

bool ForkServer::ready(const std::string& program) {
  if (unusable_) return false;
  if (is_running() || control_) return is_running() && program == program_;
  std::filesystem::create_directories(log_.parent_path());
  const FileDescriptor output(
      ::open(log_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644));
  if (!output) fail_errno("cannot open the fork server's log " + log_.string());
  auto [mine, other] = agent::make_packet_sockets();
  control_ = spawner_->start(server_plan(program), std::array<int, 2>{output.get(), other.get()});
  socket_ = std::move(mine);
  program_ = program;
  proven_ = false;
  return true;
}

void ForkServer::run(const std::string& trial, const agent::ProcessPlan& process, int output,
                     int metrics) {
  Json request{{"op", "run"}, {"id", trial}, {"argv", process.argv}};
  Json& changed = request["env"] = Json::object();
  for (const std::string& entry : process.environment) {
    const std::size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    const auto known = environment_.find(name);
    if (known == environment_.end() ||
        entry.compare(equals + 1, std::string::npos, known->second)) {
      changed[name] = entry.substr(equals + 1);
    }
  }
  changed.erase("MIMAR_METRICS_FD");  // the server chooses the number
  if (!process.directory.empty()) request["cwd"] = process.directory;
  if (!process.cpus.empty()) request["cpus"] = process.cpus;
  try {
    send_packet(socket_.get(), request, std::array<int, 2>{output, metrics});
  } catch (const Json::exception& error) {  // an argument or a variable that is not UTF-8
    fail(ErrorCode::kInvalidArgument, "cannot write the request: ", error.what());
  }
}

void ForkServer::signal(const std::string& trial, int signal) noexcept {
  if (!socket_) return;
  try {
    send_packet(socket_.get(), Json{{"op", "signal"}, {"id", trial}, {"signal", signal}});
  } catch (const std::exception& error) {  // it is ending, and takes its children along
    log_debug("cannot signal through the fork server", {{"error", error.what()}});
  }
}

std::optional<ForkReply> ForkServer::receive() {
  while (socket_ && is_readable(socket_.get())) {
    try {
      const std::optional<JsonPacket> packet = receive_packet(socket_.get());
      if (!packet) {
        socket_.reset();
        return std::nullopt;
      }
      ForkReply reply = to_reply(packet->body);
      if (std::holds_alternative<ForkStarted>(reply.what)) proven_ = true;
      return reply;
    } catch (const Json::exception& error) {
      log_warn("fork server sent a reply of unknown form", {{"error", error.what()}});
    } catch (const Error& error) {
      log_warn("fork server sent what is no reply", {{"error", error.what()}});
      if (error.code() != ErrorCode::kInvalidArgument) return std::nullopt;
    }
  }
  return std::nullopt;
}

bool ForkServer::ended() noexcept {
  socket_.reset();
  control_.reset();
  unusable_ = !proven_;
  return !unusable_;
}

void ForkServer::kill() noexcept {
  if (!control_) return;
  agent::send_control(control_.get(), {.kind = agent::ControlKind::kStop, .value = 0, .detail = 0});
}

}  // namespace mimar::local
