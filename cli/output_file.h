#pragma once

#include <string>
#include <string_view>

#include "cli/context.h"

namespace mimar::cli {

/// Writes a text to stdout, or with a name to that file: all of it or nothing, so that a file that
/// was there stays until the new one is complete.
/// Errors: kFailedPrecondition when the file cannot be written, with the system's reason.
void write_text(Context& context, const std::string& file, std::string_view text);

}  // namespace mimar::cli
