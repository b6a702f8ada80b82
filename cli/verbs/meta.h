#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct ExplainOptions {
  std::string path = {};
  bool recursive = false;
};

/// `mimar explain`: what a field of the Experiment means.
ExitCode explain(Context& context, const ExplainOptions& options);

struct SchemaOptions {
  std::string what = {};  // "experiment" or "architecture"
};

/// `mimar schema experiment|architecture`: a JSON Schema, for editors and checkers.
ExitCode schema(Context& context, const SchemaOptions& options);

/// `mimar version`.
ExitCode version(Context& context);

/// `mimar doctor`: looks at all that a run on this machine needs and says how to mend it.
ExitCode doctor(Context& context);

}  // namespace mimar::cli
