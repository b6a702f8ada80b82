#include "trainer/fork_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/file_descriptor.h"
#include "base/json_packet.h"
#include "trainer/command_line.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

/// A `run` request, checked.
struct RunRequest {
  std::string id;
  std::vector<std::string> arguments;  // without the program's name
  std::map<std::string, std::string> environment;
  std::string directory;  // empty: the server's
  std::vector<int> cpus;  // empty: the server's
  FileDescriptor output;
  FileDescriptor metrics;
};

RunRequest parse_run(JsonPacket packet) {
  const Json& body = packet.body;
  RunRequest request;
  request.id = body.at("id");
  request.arguments = body.at("argv").get<std::vector<std::string>>();
  require(!request.arguments.empty(), "argv is empty");
  request.arguments.erase(request.arguments.begin());
  request.environment = body.value("env", std::map<std::string, std::string>{});
  request.directory = body.value("cwd", std::string());
  request.cpus = body.value("cpus", std::vector<int>{});
  for (const int cpu : request.cpus) {
    require(cpu >= 0 && cpu < CPU_SETSIZE, "no such CPU: ", cpu);
  }
  require(!packet.descriptors.empty() && packet.descriptors.size() <= 2,
          "a run request brings one or two descriptors (output, metrics), not ",
          packet.descriptors.size());
  request.output = std::move(packet.descriptors[0]);
  if (packet.descriptors.size() == 2) request.metrics = std::move(packet.descriptors[1]);
  return request;
}

void set_variable(const std::string& name, const std::string& value) {
  if (::setenv(name.c_str(), value.c_str(), 1) != 0) fail_errno("cannot set " + name);
}

void take_cpus(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) fail_errno("cannot take the CPUs given");
}

/// Turns the forked process into what the request asks for. Output comes first, so that whatever
/// goes wrong after it is read by the one who asked.
void become_child(const RunRequest& request) {
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(request.output.get(), STDOUT_FILENO);
  ::dup2(request.output.get(), STDERR_FILENO);
  ::unsetenv("OMP_NUM_THREADS");  // the server's; the request's own comes with its environment
  ::unsetenv("MIMAR_METRICS_FD");
  for (const auto& [name, value] : request.environment) set_variable(name, value);
  if (request.metrics) set_variable("MIMAR_METRICS_FD", std::to_string(request.metrics.get()));
  take_cpus(request.cpus);
  if (!request.directory.empty() && ::chdir(request.directory.c_str()) != 0) {
    fail_errno("cannot enter " + request.directory);
  }
}

/// Runs in the child only, and ends it.
[[noreturn]] void run_child(const RunRequest& request, DataSetCache& data_sets,
                            const ChildProgram& program) {
  int code = 1;
  try {
    become_child(request);
    code = program(request.arguments, data_sets);
  } catch (const std::exception& error) {
    std::cerr << "mimar-train: " << error.what() << std::endl;
  }
  std::cout.flush();
  std::cerr.flush();
  ::_exit(code);
}

class ForkServer {
 public:
  ForkServer(FileDescriptor socket, DataSetCache& data_sets, const ChildProgram& program)
      : socket_(std::move(socket)), data_sets_(data_sets), program_(program) {
    sigemptyset(&handled_);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&handled_, signal);
    if (::sigprocmask(SIG_BLOCK, &handled_, &mask_before_) != 0) fail_errno("sigprocmask");
    signals_ = FileDescriptor(::signalfd(-1, &handled_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) fail_errno("signalfd");
  }
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  ~ForkServer() { end_all(); }

  void serve() {
    bool open = true;
    while (open) {
      std::array<pollfd, 2> sources = {{{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                        {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
      if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) fail_errno("poll");
      try {
        if (sources[1].revents != 0) open = take_signals();
        if (open && sources[0].revents != 0) open = take_request();
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kFailedPrecondition) throw;
        open = false;  // nobody reads the replies any more
      }
    }
  }

 private:
  /// False when the server shall end.
  bool take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo != SIGCHLD) return false;
    }
    int status = 0;
    for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0;
         pid = ::waitpid(-1, &status, WNOHANG)) {
      report_end(pid, status);
    }
    return true;
  }

  void report_end(pid_t pid, int status) {
    const auto child = id_by_pid_.find(pid);
    if (child == id_by_pid_.end()) return;
    const std::string id = child->second;
    id_by_pid_.erase(child);
    pid_by_id_.erase(id);
    const Json how = WIFSIGNALED(status) ? Json{{"signal", WTERMSIG(status)}}
                                         : Json{{"code", WEXITSTATUS(status)}};
    send_packet(socket_.get(), {{"id", id}, {"exited", how}});
  }

  /// False at the end of the stream.
  bool take_request() {
    std::string id;
    try {
      std::optional<JsonPacket> packet = receive_packet(socket_.get());
      if (!packet) return false;
      if (packet->body.is_object() && packet->body.contains("id") &&
          packet->body["id"].is_string()) {
        id = packet->body["id"];
      }
      answer(std::move(*packet));
    } catch (const Json::exception& error) {
      refuse(id, concat("the request cannot be read: ", error.what()));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kFailedPrecondition) throw;
      refuse(id, error.what());
    }
    return true;
  }

  void refuse(const std::string& id, const std::string& why) {
    send_packet(socket_.get(), {{"id", id}, {"error", why}});
  }

  void answer(JsonPacket packet) {
    const std::string op = packet.body.at("op");
    if (op == "run") {
      run(parse_run(std::move(packet)));
    } else if (op == "signal") {
      signal(packet.body.at("id"), packet.body.at("signal"));
    } else {
      fail(ErrorCode::kInvalidArgument, "unknown op \"", op, "\" (known: run, signal)");
    }
  }

  void run(RunRequest request) {
    require(!pid_by_id_.contains(request.id), "a child of this id is running: ", request.id);
    read_ahead(request);
    const pid_t server = ::getpid();
    std::cout.flush();
    const pid_t pid = ::fork();
    if (pid < 0) fail_errno("cannot fork");
    if (pid == 0) {
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != server) ::_exit(1);  // it died before the line above
      ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
      socket_.reset();
      signals_.reset();
      run_child(request, data_sets_, program_);
    }
    ::setpgid(pid, pid);  // here too: a signal may be asked for at once
    pid_by_id_[request.id] = pid;
    id_by_pid_[pid] = request.id;
    send_packet(socket_.get(), {{"id", request.id}, {"started", pid}});
  }

  /// Reads the request's data set here, once for all children. Mistakes are left to the child,
  /// which tells them where they are looked for.
  void read_ahead(const RunRequest& request) {
    try {
      const auto data = find_data_options(parse_command_line(request.arguments));
      if (data && fs::path(data->dir).is_absolute()) {
        data_sets_.get(data->dir, data->kind, find_size(*data));
      }
    } catch (const std::exception&) {
    }
  }

  void signal(const std::string& id, int number) {
    const auto child = pid_by_id_.find(id);
    require(child != pid_by_id_.end(), "no child of this id is running: ", id);
    require(number >= 1 && number < NSIG, "no such signal: ", number);
    if (::kill(-child->second, number) != 0 && errno != ESRCH) fail_errno("cannot signal " + id);
  }

  void end_all() noexcept {
    for (const auto& [pid, id] : id_by_pid_) ::kill(-pid, SIGKILL);
    for (const auto& [pid, id] : id_by_pid_) ::waitpid(pid, nullptr, 0);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }

  FileDescriptor socket_;
  FileDescriptor signals_;
  sigset_t handled_{};
  sigset_t mask_before_{};
  DataSetCache& data_sets_;
  const ChildProgram& program_;
  std::map<std::string, pid_t> pid_by_id_;
  std::map<pid_t, std::string> id_by_pid_;
};

std::ptrdiff_t count_threads() {
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator{});
}

/// Starts the program anew with OpenBLAS told to start no threads. Returns only if that was done
/// already or cannot be done.
void restart_without_threads(int socket) {
  const char* before = std::getenv("OPENBLAS_NUM_THREADS");
  if (before != nullptr && std::string(before) == "1") return;
  set_variable("OPENBLAS_NUM_THREADS", "1");
  std::string flag = concat("--fork-server=", socket);
  std::string name = "mimar-train";
  std::array<char*, 3> arguments = {name.data(), flag.data(), nullptr};
  ::execv("/proc/self/exe", arguments.data());
}

}  // namespace

void serve_forks(int socket, DataSetCache& data_sets, const ChildProgram& program) {
  int type = 0;
  socklen_t size = sizeof type;
  require(::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET,
          "--fork-server: descriptor ", socket, " is no socket of type SOCK_SEQPACKET");
  if (count_threads() != 1) restart_without_threads(socket);
  if (const auto threads = count_threads(); threads != 1) {
    fail(ErrorCode::kFailedPrecondition, "cannot serve forks with ", threads,
         " threads: forked children would lack them; start with OPENBLAS_NUM_THREADS=1");
  }
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  ForkServer(FileDescriptor(socket), data_sets, program).serve();
}

}  // namespace mimar::trainer
