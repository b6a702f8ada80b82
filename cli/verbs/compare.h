#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct CompareOptions {
  std::vector<std::string> experiments = {};
  std::string metric = {};  // the first one's objective when empty
};

/// `mimar compare`: experiments side by side: what they came to, at equal numbers of trials too,
/// the parameters of their best trials, and where their files differ.
ExitCode compare(Context& context, const CompareOptions& options);

}  // namespace mimar::cli
