#include "base/line_program.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/error.h"

extern char** environ;

namespace mimar {
namespace {

constexpr std::chrono::seconds kGrace{1};
constexpr std::chrono::milliseconds kLook{5};

/// Waits for a process to end; false when it has not within the grace.
bool wait_within_grace(pid_t pid) {
  const auto end = std::chrono::steady_clock::now() + kGrace;
  while (true) {
    const pid_t ended = ::waitpid(pid, nullptr, WNOHANG);
    if (ended == pid || (ended < 0 && errno != EINTR)) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kLook);
  }
}

pid_t spawn(const std::vector<std::string>& arguments, int socket) {
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(ErrorCode::kNotFound, "cannot start ", arguments.front());
  return pid;
}

}  // namespace

LineProgram::LineProgram(const std::vector<std::string>& arguments) : name_(arguments.at(0)) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail_errno("cannot make a socket");
  }
  socket_ = FileDescriptor(ends[0]);
  const FileDescriptor theirs(ends[1]);
  pid_ = spawn(arguments, theirs.get());
}

LineProgram::~LineProgram() {
  socket_.reset();
  if (wait_within_grace(pid_)) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Json LineProgram::call(const Json& request) {
  const std::string text = request.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count =
        ::send(socket_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(ErrorCode::kUnavailable, name_, " has ended");
    sent += static_cast<std::size_t>(count);
  }
  const std::string line = read_line();
  Json answer = Json::parse(line, nullptr, false);
  if (answer.is_discarded()) {
    fail(ErrorCode::kUnavailable, name_, " answered no JSON: ", line.substr(0, 200));
  }
  return answer;
}

std::string LineProgram::read_line() {
  std::array<char, 65536> block{};
  while (true) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const ssize_t count = ::recv(socket_.get(), block.data(), block.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(ErrorCode::kUnavailable, name_, " has ended");
    buffer_.append(block.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace mimar
