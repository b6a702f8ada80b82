#pragma once

#include <csignal>
#include <functional>
#include <vector>

#include "local/engine.h"

namespace mimar::cli {

/// Turns signals into requests to the engine while it stands: the first SIGINT stops launching,
/// the second ends the trials, the third ends this process at once; SIGTERM and SIGHUP count as
/// two. Puts the former handlers back in the end.
///
/// One at a time in a process (signals have no owner). Thread safety: one thread makes and ends it.
class StopSignals {
 public:
  /// The engine is borrowed for life.
  explicit StopSignals(local::Engine& engine);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// How often the user has asked to stop so far: 0, 1 (let trials finish), 2 (end them).
  static int presses() noexcept;
  /// The signal that asked first; 0 when none did.
  static int first_signal() noexcept;

 private:
  std::vector<std::pair<int, struct sigaction>> former_;
};

}  // namespace mimar::cli
