#pragma once

#include <cstdint>
#include <span>
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

/// The network that a trial's process is in.
enum class Network : std::uint8_t {
  kMachine,
  kLoopback,  // one of its own, with the loopback device alone
  kTrial,     // one of its own, linked to those of the trial's other replicas (trial_network.h)
};

/// What a trial sees of its own where others see the machine's.
struct Isolation {
  std::vector<OwnPath> paths = {};
  std::string scratch = {};  // an empty folder, for building a root whose folders are missing
  Network network = Network::kMachine;
  int place = 0;               // in the trial's network
  std::string host_name = {};  // there

  bool operator==(const Isolation&) const = default;
  bool empty() const noexcept { return paths.empty() && network == Network::kMachine; }
};

/// Moves this process, and what it starts from now on, into namespaces of its own and sets them up.
///
/// For a file whose folder is missing or empty, the own folder covers its folder, as Katib mounts
/// a volume there. A folder that holds other things stays visible, and only the file is replaced.
/// A folder that is missing is made; where this user may not do that, in a view of the file system
/// that this process tree alone has. Without privileges a user namespace makes all this possible;
/// user and group ids stay what they are.
///
/// `hub` are the descriptors of the trial's network, for Network::kTrial. Needs a process with one
/// thread. Returns 0, or the errno of the first step that failed.
int isolate(const Isolation& isolation, std::span<const int> hub = {}) noexcept;

/// True when this machine lets this user have mount and network namespaces: a child tries it.
bool can_isolate() noexcept;

/// The same for a network that the replicas of a trial have in common.
bool can_link_replicas() noexcept;

}  // namespace mimar::agent
