#pragma once

#include <sys/types.h>

#include <functional>
#include <span>
#include <variant>

#include "agent/control.h"
#include "agent/process_plan.h"

namespace mimar::agent {

/// Why a command did not start.
struct StartFailure {
  StartStep step = StartStep::kFork;
  int error_number = 0;
};

/// Starts the command of a plan as a child in a session of its own and waits until it executes its
/// program. `passed` are the descriptors that go with the plan; the child gets copies.
///
/// The child has default signal handling, dies with its parent (PR_SET_PDEATHSIG), and holds no
/// other descriptor than 0, 1, 2 and those the plan names. A script without "#!" goes to /bin/sh,
/// as a shell would have it.
std::variant<pid_t, StartFailure> start_command(const ProcessPlan& plan,
                                                std::span<const int> passed);

/// Starts a child that runs `body` and nothing else: default signals, dies with its parent, none of
/// the parent's descriptors but `kept`, which keeps its number. Its pid, or -1 with errno.
pid_t start_function(int kept, const std::function<void()>& body) noexcept;

}  // namespace mimar::agent
