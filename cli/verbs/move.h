#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/run/overrides.h"

namespace mimar::cli {

struct CloneOptions {
  std::string target = {};   // an experiment or a trial
  Overrides overrides = {};  // the new name among them
};

/// `mimar clone`: records a new experiment with another's object, without its trials; or has a
/// trial run next with another's values.
ExitCode clone(Context& context, const CloneOptions& options);

struct ExportOptions {
  std::string experiment = {};
  std::string format = "csv";  // or jsonl
};

/// `mimar export`: the search's trials as a table: a column (member) for each parameter and metric,
/// in the form that `import` reads.
ExitCode export_trials(Context& context, const ExportOptions& options);

struct ImportOptions {
  std::string file = {};  // "-": stdin
  std::string format = "csv";
  std::string experiment = {};
};

/// `mimar import`: takes the rows of a table as finished trials into an experiment: columns are the
/// parameters, then the metrics. All of them or, when one row is wrong, none.
/// Errors: kInvalidArgument with the line and column of what is wrong.
ExitCode import_trials(Context& context, const ImportOptions& options);

}  // namespace mimar::cli
