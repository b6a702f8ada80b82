#include "agent/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mimar::agent {
namespace {

using Process = ProcessTable::Process;

std::optional<pid_t> find_pid(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

/// Reads `pid (name) state parent ...`; the name may hold spaces and brackets, so the last bracket
/// counts. Nothing when the process is gone.
std::optional<Process> read_process(int proc, pid_t pid) {
  const std::string path = std::to_string(pid) + "/stat";
  const FileDescriptor file(::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 512> buffer{};
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t bracket = text.rfind(") ");
  if (bracket == std::string_view::npos || bracket + 4 >= text.size()) return std::nullopt;
  const std::string_view parent = text.substr(bracket + 4);
  const auto parent_pid = find_pid(parent.substr(0, parent.find(' ')));
  return Process{.pid = pid, .parent = parent_pid.value_or(0), .state = text[bracket + 2]};
}

std::vector<Process> read_processes() {
  std::vector<Process> processes;
  const auto close_directory = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close_directory)> proc(::opendir("/proc"), close_directory);
  if (!proc) return processes;
  while (const dirent* entry = ::readdir(proc.get())) {
    const std::optional<pid_t> pid = find_pid(static_cast<const char*>(entry->d_name));
    if (!pid) continue;
    if (const auto process = read_process(::dirfd(proc.get()), *pid)) {
      processes.push_back(*process);
    }
  }
  return processes;
}

/// What a file of /proc/PID/ holds; empty when the process is gone.
std::string read_proc(pid_t pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer{};
  while (file) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

std::int64_t find_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

ProcessTable::ProcessTable() : processes_(read_processes()) {
  std::sort(processes_.begin(), processes_.end(), [](const Process& a, const Process& b) {
    return a.parent != b.parent ? a.parent < b.parent : a.pid < b.pid;
  });
}

std::vector<pid_t> ProcessTable::below(pid_t root, std::span<const pid_t> spared) const {
  const auto by_parent = [](const Process& process, pid_t parent) {
    return process.parent < parent;
  };
  std::vector<pid_t> reached{root};
  std::vector<pid_t> living;
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const pid_t parent = reached[i];
    auto child = std::lower_bound(processes_.begin(), processes_.end(), parent, by_parent);
    for (; child != processes_.end() && child->parent == parent; ++child) {
      if (std::find(spared.begin(), spared.end(), child->pid) != spared.end()) continue;
      reached.push_back(child->pid);
      if (child->state != 'Z' && child->state != 'X') living.push_back(child->pid);
    }
  }
  return living;
}

std::vector<pid_t> find_descendants(pid_t root) { return ProcessTable().below(root); }

std::size_t signal_descendants(int signal, std::span<const pid_t> spared) {
  const std::vector<pid_t> pids = ProcessTable().below(::getpid(), spared);
  for (const pid_t pid : pids) ::kill(pid, signal);
  return pids.size();
}

std::int64_t resident_bytes(std::span<const pid_t> pids) {
  std::int64_t pages = 0;
  for (const pid_t pid : pids) {  // the second number of statm
    const std::string text = read_proc(pid, "statm");
    pages += find_number(std::string_view(text).substr(std::min(text.find(' '), text.size())));
  }
  return pages * ::sysconf(_SC_PAGESIZE);
}

std::int64_t proportional_bytes(std::span<const pid_t> pids) {
  constexpr std::string_view kField = "\nPss:";
  std::int64_t bytes = 0;
  for (const pid_t pid : pids) {
    const std::string text = read_proc(pid, "smaps_rollup");
    const std::size_t at = text.find(kField);
    // A process that we may not look into counts with all that it holds.
    bytes += at == std::string::npos
                 ? resident_bytes(std::span(&pid, 1))
                 : find_number(std::string_view(text).substr(at + kField.size())) * 1024;
  }
  return bytes;
}

FileDescriptor make_child_signal() noexcept {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  return FileDescriptor(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace mimar::agent
