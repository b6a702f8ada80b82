#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "experiment/gjson_path.h"

namespace mimar::experiment {

/// What the conditions of a trial template say about a job.
struct JobVerdict {
  enum class State : std::uint8_t { kUndecided, kSucceeded, kFailed };
  State state = State::kUndecided;
  std::string reason = {};   // the job's own, when what was found has one
  std::string message = {};  // likewise

  bool operator==(const JobVerdict&) const = default;
};

/// A trial template's successCondition and failureCondition.
///
/// A value. Thread safety: full.
class JobConditions {
 public:
  /// Errors: kInvalidArgument for a condition that is no GJSON path.
  JobConditions(const std::string& success, const std::string& failure);

  /// Katib's rules: failure goes before success; a condition holds when it finds an object, or a
  /// list whose first element is one.
  JobVerdict judge(const Json& job) const;

 private:
  GjsonPath success_;
  GjsonPath failure_;
};

}  // namespace mimar::experiment
