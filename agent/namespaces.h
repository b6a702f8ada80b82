#pragma once

namespace mimar::agent {

/// Says that a system call has failed: throws std::system_error with errno as its number.
[[noreturn]] void fail_step();

/// Enters namespaces of the given kinds (CLONE_NEWNS, ...) that are made for this process; where
/// this takes privileges, in a user namespace of its own, with user and group ids as they are. True
/// when there is such a user namespace.
///
/// Needs a process with one thread. Throws std::system_error with the errno of the step that
/// failed.
bool enter_namespaces(int kinds);

}  // namespace mimar::agent
