#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace mimar::agent {

/// Processes whose environment or arguments hold `marker`, zombies left out.
std::vector<pid_t> find_marked_processes(const std::string& marker);

/// Looks every few milliseconds until `done()` or the time is over; returns the last answer. The
/// limit is generous: it is reached only when the test fails.
bool eventually(const std::function<bool()>& done,
                std::chrono::seconds limit = std::chrono::seconds{30});

/// A text that no other process of this machine carries.
std::string make_marker();

}  // namespace mimar::agent
