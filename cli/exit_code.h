#pragma once

#include <cstdint>

#include "base/error.h"

namespace mimar::cli {

/// What `mimar` tells the shell. Documented in docs/reference/cli.md; scripts rely on the numbers.
enum ExitCode : std::uint8_t {
  kDone = 0,
  kFailure = 1,           // something went wrong while running
  kUsage = 2,             // wrong arguments or an invalid experiment
  kNotFound = 3,          // what was named does not exist
  kConflict = 4,          // the name is taken, or another process is at work on it
  kExperimentFailed = 5,  // the experiment ended as Failed
  kTimeout = 6,           // --timeout passed first
  kGoalMissed = 8,        // finished without its goal, and --require-goal was given
  kHungUp = 129,          // 128 + SIGHUP
  kInterrupted = 130,     // 128 + SIGINT
  kTerminated = 143,      // 128 + SIGTERM
};

/// The exit code of an error that ends a verb.
constexpr ExitCode to_exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return kUsage;
    case ErrorCode::kNotFound:
      return kNotFound;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kAborted:
      return kConflict;
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kInternal:
      return kFailure;
  }
  return kFailure;
}

}  // namespace mimar::cli
