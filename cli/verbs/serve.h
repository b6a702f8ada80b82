#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct ServeOptions {
  bool katib = false;
  std::string address = "127.0.0.1:6789";
};

/// `mimar serve`: answers other programs over gRPC until a signal ends it. Prints the address once
/// it listens.
ExitCode serve(Context& context, const ServeOptions& options);

}  // namespace mimar::cli
