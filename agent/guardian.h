#pragma once

#include <vector>

#include "base/file_descriptor.h"

namespace mimar::agent {

/// Becomes the guardian of one command; never returns. Called in a fresh child of the spawner.
///
/// `descriptors` are the control socket, the plan (a memory file, process_plan.h), and those that
/// the plan gives to the command. The guardian is a subreaper in a session of its own: whatever the
/// command starts stays below it, daemons included. It tells the owner when the command has started
/// and ended, ends what is left of the tree, and exits when nothing is left. When the owner's end
/// of the control socket closes it kills the tree at once.
[[noreturn]] void run_guardian(std::vector<FileDescriptor> descriptors) noexcept;

}  // namespace mimar::agent
