#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct DescribeOptions {
  std::string kind = {};
  std::string name = {};
};

/// `mimar describe`: everything about one object, for people; ends with what happened to it.
ExitCode describe(Context& context, const DescribeOptions& options);

struct BestOptions {
  std::string experiment = {};
  std::optional<int> top = {};  // the best when absent, or with `pareto` all
  bool pareto = false;
};

/// `mimar best`: the best trials with their hyperparameters and networks, or the Pareto front.
ExitCode best(Context& context, const BestOptions& options);

struct LogsOptions {
  std::string trial = {};
  bool follow = false;
  std::optional<int> tail = {};  // the last so many lines; all when absent
  std::string replica = {};      // "worker-0"; empty: the one that reports the metrics
};

/// `mimar logs`: what a trial printed; with `follow` until it ends.
ExitCode logs(Context& context, const LogsOptions& options);

}  // namespace mimar::cli
