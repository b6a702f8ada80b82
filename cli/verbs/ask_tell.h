#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct AskOptions {
  std::string experiment = {};
  int count = 1;
  bool session = false;  // answer requests on stdin
};

/// `mimar ask`: records new trials that the caller runs, and prints them. With `session` it answers
/// lines of JSON on stdin (docs/formats/ask-session.md) and keeps the experiment in memory.
ExitCode ask(Context& context, const AskOptions& options);

struct TellOptions {
  std::string trial = {};
  std::vector<std::string> metrics = {};  // "loss=0.25"
  std::int64_t step = 0;
  bool report = false;  // it still runs
  bool failed = false;
  std::string message = {};
};

/// `mimar tell`: records what became of a trial that the caller ran.
ExitCode tell(Context& context, const TellOptions& options);

}  // namespace mimar::cli
