#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct PlotOptions {
  std::vector<std::string> experiments = {};
  std::string kind = "history";
  std::vector<std::string> metrics = {};  // two for pareto; the objective when there is none
  std::string out = {};                   // a file; stdout when empty
};

/// `mimar plot`: a picture of an experiment, or of several, as SVG.
ExitCode plot(Context& context, const PlotOptions& options);

}  // namespace mimar::cli
