#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/run/overrides.h"

namespace mimar::cli {

struct InitOptions {
  std::string kind = {};
  std::string directory = {};
};

/// `mimar init`: writes an experiment of a kind into a folder, with all that it needs.
ExitCode init(Context& context, const InitOptions& options);

struct RunOptions {
  std::string file = {};  // "-": stdin
  std::vector<std::string> config_maps = {};
  Overrides overrides = {};
  std::string timeout = {};
  bool require_goal = false;
  bool ignore_unknown = false;
};

/// `mimar run`: creates the experiment of a file and drives it to its end.
ExitCode run(Context& context, const RunOptions& options);

struct CreateOptions {
  std::string file = {};  // "-": stdin
  std::vector<std::string> config_maps = {};
  Overrides overrides = {};
  bool ignore_unknown = false;
};

/// `mimar create`: records the experiment of a file; `resume` runs it, `ask` hands out its trials.
ExitCode create(Context& context, const CreateOptions& options);

struct ResumeOptions {
  std::string experiment = {};
  std::optional<int> parallel = {};
  std::optional<int> max_trials = {};
  std::string timeout = {};
  bool require_goal = false;
};

/// `mimar resume`: goes on with an experiment that was stopped, crashed, or has a larger budget;
/// one that is paused goes on in the process that runs it.
ExitCode resume(Context& context, const ResumeOptions& options);

/// `mimar restart`: goes on with an experiment that ended at its maxTrialCount, with a larger one.
ExitCode restart(Context& context, const ResumeOptions& options);

struct EditOptions {
  std::string experiment = {};
  std::optional<int> max_trials = {};
  std::optional<int> parallel = {};
  std::optional<double> goal = {};
  std::string resume_policy = {};
};

/// `mimar edit`: changes budget, parallelism, goal or resumePolicy; a running experiment takes it
/// up at once, and one that has ended goes on with a larger budget where its rules allow it.
ExitCode edit(Context& context, const EditOptions& options);

struct ValidateOptions {
  std::vector<std::string> files = {};
  std::vector<std::string> config_maps = {};
  bool ignore_unknown = false;
};

/// `mimar validate`: every mistake of every file at once.
ExitCode validate(Context& context, const ValidateOptions& options);

}  // namespace mimar::cli
