#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace mimar::space {

/// One parameter's value: a real number, a whole number, or the text of a choice (ordinal and
/// categorical values are always text, as in Katib, even where they look like numbers).
using Value = std::variant<double, std::int64_t, std::string>;

/// The values of the active parameters, by name. An inactive parameter has no entry.
using Assignment = std::map<std::string, Value, std::less<>>;

/// Writes a value as trials and Katib objects see it: shortest text that reads back the same.
std::string to_text(const Value& value);

}  // namespace mimar::space
