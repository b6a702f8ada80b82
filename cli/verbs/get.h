#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct GetOptions {
  std::string kind = {};
  std::string name = {};        // empty: all
  std::string experiment = {};  // of trials and suggestions: only this one's
  std::string selector = {};    // "key=value,key!=value" over labels
  std::string sort_by = {};     // a column
  bool watch = false;           // then what changes
};

/// `mimar get`: one object, or the list of a kind.
ExitCode get(Context& context, const GetOptions& options);

}  // namespace mimar::cli
