#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/context.h"

namespace mimar::cli {

/// The whole of `mimar` but for the process around it: reads the arguments (without the program's
/// name), runs the verb, and turns what goes wrong into a message on stderr and an exit code. Never
/// throws.
int run_program(const std::vector<std::string>& arguments, Console& console, const Clock& clock);

}  // namespace mimar::cli
