#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <variant>

#include "base/file_descriptor.h"
#include "experiment/trial_runner.h"
#include "local/trial_plan.h"

namespace mimar::local {

struct StopRequest {
  std::string trial;
  experiment::StopReason why = experiment::StopReason::kStoppedByUser;
};

/// So many trials run at once from now on.
struct ParallelRequest {
  int trials = 1;
};

/// End everything and leave.
struct QuitRequest {};

using RunnerRequest = std::variant<TrialPlan, StopRequest, ParallelRequest, QuitRequest>;

/// Requests on their way to the runner's loop, which polls descriptor().
///
/// Thread safety: full.
class RequestQueue {
 public:
  /// Errors: kResourceExhausted when there are no descriptors left.
  RequestQueue();

  void push(RunnerRequest request);

  /// Takes all there are, in the order they came, and makes descriptor() unreadable.
  std::deque<RunnerRequest> take_all();

  int descriptor() const noexcept { return event_.get(); }

 private:
  FileDescriptor event_;
  std::mutex mutex_;
  std::deque<RunnerRequest> requests_;  // guarded by mutex_
};

}  // namespace mimar::local
