#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct StopOptions {
  std::string experiment = {};
  bool now = false;  // end the running trials too
};

/// `mimar stop`: lets a running experiment launch nothing more; `mimar resume` goes on.
ExitCode stop(Context& context, const StopOptions& options);

struct DeleteOptions {
  std::string kind = {};
  std::string name = {};
};

/// `mimar delete`: removes an experiment with its trials, metrics and files, after asking.
ExitCode delete_object(Context& context, const DeleteOptions& options);

}  // namespace mimar::cli
