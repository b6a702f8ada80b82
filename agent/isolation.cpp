#include "agent/isolation.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace mimar::agent {
namespace {

namespace fs = std::filesystem;

/// A step that failed, with errno as its number.
[[noreturn]] void fail_step() { throw std::system_error(errno, std::generic_category()); }

void write_text(const char* path, const std::string& text) {
  const FileDescriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file) fail_step();
  if (::write(file.get(), text.data(), text.size()) < 0) fail_step();
}

void enter_namespaces(bool network) {
  const int wanted = CLONE_NEWNS | (network ? CLONE_NEWNET : 0);
  if (::unshare(wanted) == 0) return;
  if (errno != EPERM) fail_step();
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(wanted | CLONE_NEWUSER) != 0) fail_step();
  write_text("/proc/self/setgroups", "deny");
  write_text("/proc/self/uid_map", concat(user, " ", user, " 1"));
  write_text("/proc/self/gid_map", concat(group, " ", group, " 1"));
}

void start_loopback() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) fail_step();
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) fail_step();
}

void bind_mount(const fs::path& source, const fs::path& target) {
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) fail_step();
}

/// Puts an entry of one folder into another: links as they are, all else by a mount.
void show_entry(const fs::directory_entry& entry, const fs::path& folder) {
  const fs::path place = folder / entry.path().filename();
  std::error_code error;
  if (entry.is_symlink(error)) {
    fs::copy_symlink(entry.path(), place, error);
    return;
  }
  if (entry.is_directory(error)) {
    fs::create_directory(place, error);
  } else {
    const FileDescriptor file(::open(place.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  // What cannot be mounted (an entry that has just gone) is missing in the view: no reason to stop.
  ::mount(entry.path().c_str(), place.c_str(), nullptr, MS_BIND | MS_REC, nullptr);
}

void replace_root(const fs::path& root) {
  const fs::path before = fs::current_path();
  if (::chdir(root.c_str()) != 0) fail_step();
  if (::syscall(SYS_pivot_root, ".", ".") != 0) fail_step();
  if (::umount2(".", MNT_DETACH) != 0) fail_step();
  if (::chdir(before.c_str()) != 0) fail_step();
}

/// Makes `folder` in a view of its nearest existing ancestor: a file system in memory that shows
/// everything the ancestor holds, and the missing folders.
void make_folder_in_view(const fs::path& folder, const fs::path& view) {
  fs::path ancestor = folder;
  while (!fs::is_directory(ancestor)) ancestor = ancestor.parent_path();
  fs::create_directories(view);
  if (::mount("tmpfs", view.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0) fail_step();
  for (const fs::directory_entry& entry : fs::directory_iterator(ancestor)) show_entry(entry, view);
  fs::create_directories(view / folder.lexically_relative(ancestor));
  if (ancestor == "/") {
    replace_root(view);
    ::umount2(view.c_str(), MNT_DETACH);  // the view holds a view of itself
    return;
  }
  if (::mount(view.c_str(), ancestor.c_str(), nullptr, MS_MOVE, nullptr) != 0) fail_step();
}

void make_folder(const fs::path& folder, const fs::path& view) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  fs::create_directories(folder, error);
  if (error) make_folder_in_view(folder, view);
}

bool is_empty_folder(const fs::path& folder) {
  std::error_code error;
  const bool is_empty = fs::is_empty(folder, error);
  return is_empty && !error;
}

/// False when `path` is no file and cannot become one.
bool make_file(const fs::path& path) {
  return static_cast<bool>(
      FileDescriptor(::open(path.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC, 0644)));
}

void show_own(const OwnPath& path, const fs::path& view) {
  const fs::path target = fs::path(path.target).lexically_normal();
  const fs::path folder = path.is_file ? target.parent_path() : target;
  make_folder(folder, view);
  if (path.is_file && !is_empty_folder(folder) && make_file(target)) {
    const fs::path source = fs::path(path.source) / target.filename();
    if (!make_file(source)) fail_step();
    return bind_mount(source, target);
  }
  bind_mount(path.source, folder);
}

}  // namespace

int isolate(const Isolation& isolation) noexcept {
  try {
    enter_namespaces(isolation.network);
    if (isolation.network) start_loopback();
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail_step();
    int number = 0;
    for (const OwnPath& path : isolation.paths) {
      show_own(path, fs::path(isolation.scratch) / std::to_string(number++));
    }
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value() != 0 ? error.code().value() : EINVAL;
  } catch (const std::exception&) {
    return ENOMEM;
  }
}

bool can_isolate() noexcept {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(isolate({.paths = {}, .scratch = {}, .network = true}) == 0 ? 0 : 1);
  int status = -1;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace mimar::agent
