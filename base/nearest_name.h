#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mimar {

/// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment), letter case ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name that `name` was probably meant to be: the one at the smallest edit distance, if
/// that is at most 2 and less than half of the name; else the shortest that `name` is the beginning
/// of, by half or more ("primaryContainer" of "primaryContainerName"). The first of equals.
std::optional<std::string> find_nearest_name(std::string_view name,
                                             std::span<const std::string> known);

}  // namespace mimar
