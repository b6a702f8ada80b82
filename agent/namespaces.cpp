#include "agent/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace mimar::agent {
namespace {

void write_text(const char* path, const std::string& text) {
  const FileDescriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file) fail_step();
  if (::write(file.get(), text.data(), text.size()) < 0) fail_step();
}

}  // namespace

void fail_step() { throw std::system_error(errno, std::generic_category()); }

bool enter_namespaces(int kinds) {
  if (::unshare(kinds) == 0) return false;
  if (errno != EPERM) fail_step();
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(kinds | CLONE_NEWUSER) != 0) fail_step();
  write_text("/proc/self/setgroups", "deny");
  write_text("/proc/self/uid_map", concat(user, " ", user, " 1"));
  write_text("/proc/self/gid_map", concat(group, " ", group, " 1"));
  return true;
}

}  // namespace mimar::agent
