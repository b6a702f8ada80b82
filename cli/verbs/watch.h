#pragma once

#include <functional>

#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/output_format.h"
#include "cli/table.h"

namespace mimar::cli {

/// A list as it is at one moment.
struct Watched {
  Table table;
  bool is_over = false;  // nothing in it can change any more
};

/// Writes a list and then each row that comes or changes, until nothing can change any more or the
/// program is interrupted. Ages alone are no change.
/// Errors: kInvalidArgument for a format other than table and wide; what `look` throws.
ExitCode watch(Context& context, OutputFormat format, const std::function<Watched()>& look);

}  // namespace mimar::cli
