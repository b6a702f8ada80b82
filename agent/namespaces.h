#pragma once

namespace mimar::agent {

/// Enters namespaces of the given kinds (CLONE_NEWNS, ...) that are made for this process; where
/// this takes privileges, in a user namespace of its own, with user and group ids as they are. True
/// when there is such a user namespace.
///
/// Needs a process with one thread. Throws std::system_error with the errno of the step that
/// failed.
bool enter_namespaces(int kinds);

}  // namespace mimar::agent
