#pragma once

#include <span>
#include <string>

#include "trainer/data_set.h"

namespace mimar::trainer {

/// The program `mimar-train` in one call, but for the fork server's set-up: parses, runs, prints to
/// stdout and, when something is wrong, one line to stderr. Never throws.
/// Returns the exit code: 0 done, 1 failed, 2 wrong usage.
int run_program(std::span<const std::string> arguments, DataSetCache& data_sets);

}  // namespace mimar::trainer
