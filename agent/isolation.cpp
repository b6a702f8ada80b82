#include "agent/isolation.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "agent/namespaces.h"
#include "agent/trial_network.h"
#include "base/error.h"
#include "base/file_descriptor.h"

namespace mimar::agent {
namespace {

namespace fs = std::filesystem;

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

void set_host_name(const std::string& name) {
  if (!name.empty() && ::sethostname(name.data(), name.size()) != 0) fail_step();
}

/// 0, or the errno of the step of `body` that failed.
template <class Body>
int errno_of(const Body& body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value() != 0 ? error.code().value() : EINVAL;
  } catch (const std::exception&) {
    return ENOMEM;
  }
}

template <class Body>
bool holds_in_child(const Body& body) noexcept {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = -1;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int isolate(const Isolation& isolation, std::span<const int> hub) noexcept {
  return errno_of([&] {
    if (isolation.network == Network::kTrial) {
      join_network(hub, isolation.place);
      set_host_name(isolation.host_name);
    } else {
      const bool loopback = isolation.network == Network::kLoopback;
      enter_namespaces(CLONE_NEWNS | (loopback ? CLONE_NEWNET : 0));
      if (loopback) start_loopback();
    }
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail_step();
    int number = 0;
    for (const OwnPath& path : isolation.paths) {
      show_own(path, fs::path(isolation.scratch) / std::to_string(number++));
    }
  });
}

bool can_isolate() noexcept {
  return holds_in_child(
      [] { return isolate({.paths = {}, .scratch = {}, .network = Network::kLoopback}) == 0; });
}

bool can_link_replicas() noexcept {
  return holds_in_child([] {
    return errno_of([] {
             const std::vector<FileDescriptor> hub = make_network_hub();
             const int network = hub.front().get();  // the user namespace is this process's already
             join_network({&network, 1}, 0);
           }) == 0;
  });
}

}  // namespace mimar::agent
