#pragma once

#include <string_view>

#include "base/json.h"

namespace mimar::experiment {

/// What an unquoted text means by YAML 1.2's core schema.
enum class PlainKind : std::uint8_t { kNull, kBoolean, kInteger, kReal, kText };

PlainKind classify_plain(std::string_view text);

/// An unquoted text as the value it stands for. Whole numbers beyond 64 bits become reals; .inf and
/// .nan stay text, for JSON has no word for them.
Json plain_to_json(std::string_view text);

/// True for whole numbers with a leading zero ("010"): decimal in YAML 1.2, octal in 1.1.
bool is_octal_looking(std::string_view text);

/// True for yes, no, on, off, y and n in YAML 1.1's spellings: booleans there, text in 1.2.
bool is_truth_word(std::string_view text);

/// True when `text` would read back as the same text without quotes by YAML 1.1 and 1.2, as a value
/// or a key, in block and in flow style.
bool is_safe_plain(std::string_view text);

}  // namespace mimar::experiment
