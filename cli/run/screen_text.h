#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/run/progress.h"
#include "cli/terminal.h"

namespace mimar::cli {

/// How a line of the screen is laid out.
struct ScreenLayout {
  TerminalSize size;
  Style style;
  int num_cores = 1;
};

/// A metric's value as it was reported, short enough for a line: numbers as format_metric, texts
/// cut.
std::string shown_value(std::string_view value);

/// The line that a finished trial leaves behind, cut to the terminal: mark, name, value, time,
/// proposal, curve. To be made before `progress.finish` forgets the curve.
std::string finished_line(const RunProgress& progress, const experiment::Trial& trial, bool is_best,
                          const ScreenLayout& layout);

/// The block below the finished trials: progress bar, best, running trials, `hint`. Never higher
/// than the terminal less one row, never wider than its columns less one.
std::vector<std::string> progress_block(const RunProgress& progress, TimePoint now,
                                        std::string_view hint, const ScreenLayout& layout);

/// The colour in which a state is shown.
Paint paint_of(experiment::ExperimentPhase phase);
Paint paint_of(experiment::TrialPhase phase);

}  // namespace mimar::cli
