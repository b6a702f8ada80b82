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

struct PauseOptions {
  std::string experiment = {};
};

/// `mimar pause`: nothing new is launched until `mimar resume`; running trials finish and the
/// process that runs the experiment waits.
ExitCode pause(Context& context, const PauseOptions& options);

struct WaitOptions {
  std::string experiment = {};
  std::string condition = "condition=Succeeded";  // or delete
  std::string timeout = {};                       // empty: for ever
};

/// `mimar wait`: returns when the experiment has come to the state, exit code 6 when the time is up
/// first, 5 when it failed instead, 1 when it ended otherwise.
ExitCode wait_for(Context& context, const WaitOptions& options);

struct DeleteOptions {
  std::string kind = {};
  std::string name = {};
  bool keep_artifacts = false;
};

/// `mimar delete`: removes an experiment with its trials, metrics and files, after asking. What the
/// trials have made is moved to kept/ of the state directory when it is to be kept.
ExitCode delete_object(Context& context, const DeleteOptions& options);

}  // namespace mimar::cli
