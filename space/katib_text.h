#pragma once

#include <string>

namespace mimar::space {

/// A text as Katib hands it to trials: a JSON string with Python's escapes, its double quotes
/// replaced by single ones. Errors: kInvalidArgument when it is not UTF-8.
std::string to_katib_text(const std::string& text);

}  // namespace mimar::space
