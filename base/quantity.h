#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mimar {

/// Reads a quantity as Kubernetes writes it: "512Mi", "2G", "1.5e9", "500m". Nothing when the text
/// is none or negative.
std::optional<double> find_quantity(std::string_view text);

/// An amount of memory for people, to three digits: "2 GiB", "2.05 GiB", "512 MiB", "17 KiB".
std::string to_memory_text(std::int64_t bytes);

}  // namespace mimar
