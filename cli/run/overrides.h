#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mimar::cli {

/// What the command line changes in the experiment of a file.
struct Overrides {
  std::vector<std::string> assignments = {};  // "objective.goal=0.9"
  std::optional<int> parallel = {};
  std::optional<int> max_trials = {};
  std::string name = {};

  bool empty() const { return assignments.empty() && !parallel && !max_trials && name.empty(); }
};

/// Sets one field of an Experiment object. PATH=VALUE, where PATH is `a.b[2].c` below `spec` unless
/// it starts with metadata or spec. VALUE is JSON if it reads as such, else text; where a text
/// stands already, it stays text. What lies between is made as needed, but for list entries.
/// Errors: kInvalidArgument when it has no `=`, the path is malformed or leads through a value.
void set_field(Json& object, std::string_view assignment);

/// Applies all overrides, the named flags last.
void apply_overrides(Json& object, const Overrides& overrides);

}  // namespace mimar::cli
