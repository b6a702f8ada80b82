#pragma once

#include <string>
#include <vector>

namespace mimar::agent {

/// A folder of a trial's own, to be seen by the trial in the place of a path that other trials
/// write as well.
struct OwnPath {
  std::string source = {};  // the folder of its own; exists
  std::string target = {};  // absolute: a file if `is_file`, else a folder
  bool is_file = false;

  bool operator==(const OwnPath&) const = default;
};

/// What a trial sees of its own where others see the machine's.
struct Isolation {
  std::vector<OwnPath> paths = {};
  std::string scratch = {};  // an empty folder, for building a root whose folders are missing
  bool network = false;      // a network of its own, with the loopback device alone

  bool operator==(const Isolation&) const = default;
  bool empty() const noexcept { return paths.empty() && !network; }
};

/// Moves this process, and what it starts from now on, into namespaces of its own and sets them up.
///
/// For a file whose folder is missing or empty, the own folder covers its folder, as Katib mounts
/// a volume there. A folder that holds other things stays visible, and only the file is replaced.
/// A folder that is missing is made; where this user may not do that, in a view of the file system
/// that this process tree alone has. Without privileges a user namespace makes all this possible;
/// user and group ids stay what they are.
///
/// Needs a process with one thread. Returns 0, or the errno of the first step that failed.
int isolate(const Isolation& isolation) noexcept;

/// True when this machine lets this user have mount and network namespaces: a child tries it.
bool can_isolate() noexcept;

}  // namespace mimar::agent
