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

struct ReportOptions {
  std::string experiment = {};
  std::string out = {};  // a file; stdout when empty
};

/// `mimar report`: an experiment on one page of HTML: results, plots, best trials, its file.
ExitCode report(Context& context, const ReportOptions& options);

/// Up to when running trials are drawn: now, or the last that was heard of an experiment which
/// nobody runs.
TimePoint last_moment(Context& context, const experiment::StoredExperiment& stored,
                      const std::vector<experiment::Trial>& trials);

}  // namespace mimar::cli
