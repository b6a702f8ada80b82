#pragma once

#include <string>
#include <string_view>

#include "space/architecture.h"

/// Names of operations as people write them in a line: for drawings and summaries.
namespace mimar::space {

/// "conv3x3·32/2", "max2": the type abbreviated, its kernel, filters and stride, then whatever else
/// it has as name=value. With `brief`, the kernel or pool size alone. `dot` joins the parts.
std::string short_name(const Operation& operation, std::string_view dot, bool brief);

/// "sep3", "max", "skip" for "sep_conv_3x3", "max_pool_3x3", "skip_connect".
std::string short_primitive(std::string_view name);

/// What is safe to show: control characters, and with `ascii_only` all beyond ASCII, become '?'.
std::string printable(std::string_view text, bool ascii_only);

/// Number of characters on a terminal line, taking each code point for one.
std::size_t num_columns(std::string_view text);

}  // namespace mimar::space
