#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/lookup.h"

namespace mimar::cli {

struct EnqueueOptions {
  std::string experiment = {};
  std::vector<std::string> values = {};  // "lr=0.01", "network=@FILE"
};

/// `mimar enqueue`: has a trial with given values run next; the algorithm proposes the others.
ExitCode enqueue(Context& context, const EnqueueOptions& options);

/// Has a trial run next that is like another but for the values given.
ExitCode enqueue_like(Context& context, const FoundTrial& like,
                      const std::vector<std::string>& values);

struct KillOptions {
  std::string trial = {};
};

/// `mimar kill`: ends one trial for good, whichever process runs it.
ExitCode kill_trial(Context& context, const KillOptions& options);

struct RetryOptions {
  std::string trial = {};
};

/// `mimar retry`: runs the proposal of a trial that failed or was killed once more, as a new trial.
ExitCode retry(Context& context, const RetryOptions& options);

}  // namespace mimar::cli
