#pragma once

#include <chrono>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/context.h"
#include "cli/run/live_block.h"
#include "cli/run/progress.h"
#include "cli/run/run_event.h"
#include "cli/run/screen_text.h"
#include "local/engine.h"

namespace mimar::cli {

/// How a run is shown.
enum class RunView : std::uint8_t { kScreen, kLines, kJsonLines, kQuiet };

/// Keeps a RunProgress up to date from the engine's events and shows it in some way.
///
/// Thread safety: none; the engine's thread only.
class Reporter : public local::EngineObserver {
 public:
  /// The clock is borrowed for life.
  Reporter(RunProgress progress, const Clock& clock)
      : progress_(std::move(progress)), clock_(clock) {}

  const RunProgress& progress() const noexcept { return progress_; }

  /// What to say of the user's wish to stop, from now on: "stopping: ...". Empty: nothing.
  virtual void set_hint(std::string hint) = 0;
  /// Takes down what is drawn in place; nothing follows.
  virtual void close() {}

 protected:
  RunProgress progress_;
  const Clock& clock_;
};

/// Makes the reporter for a view: the screen on stderr, lines on stdout.
std::unique_ptr<Reporter> make_reporter(RunView view, RunProgress progress, Context& context);

/// The screen when both streams are terminals and no format asks otherwise; else lines.
RunView choose_view(const Context& context);

}  // namespace mimar::cli
