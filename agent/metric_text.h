#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"

namespace mimar::agent {

/// Parses JSON that may hold the bare words NaN, Infinity and -Infinity, as Python writes them:
/// they become texts. Discarded when it is no JSON.
Json parse_metric_json(std::string_view line);

/// A metric's value as it is stored; nothing when it is neither a number nor a text that is not
/// empty. Texts that mean not-a-number or an infinity become "nan", "inf", "-inf".
std::optional<std::string> find_value_text(const Json& value);

/// The moment that an RFC 3339 text names; nothing for any other value.
std::optional<TimePoint> find_rfc3339(const Json& value);

}  // namespace mimar::agent
