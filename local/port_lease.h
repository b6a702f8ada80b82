#pragma once

#include "base/file_descriptor.h"

namespace mimar::local {

/// A TCP port of this machine that nothing listens on, for one trial as long as the lease lives. No
/// other lease of any process has the same one. Ports lie below those that the kernel hands out by
/// itself, so outgoing connections do not take it either.
class PortLease {
 public:
  /// Errors: kResourceExhausted when all are taken.
  PortLease();

  int port() const noexcept { return port_; }

 private:
  int port_ = 0;
  FileDescriptor lock_;  // holds the port's name against other leases
};

}  // namespace mimar::local
