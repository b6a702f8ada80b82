#pragma once

#include <string>

#include "space/architecture.h"

namespace mimar::trainer {

/// The text of a flag: itself, or with @FILE what the file holds. `flag` names it in messages.
/// Errors: kNotFound when the file cannot be opened.
std::string read_text(const std::string& value, const std::string& flag);

/// Reads --network: JSON, or @FILE with JSON in it.
/// Errors: kNotFound, kInvalidArgument.
space::Architecture read_network(const std::string& value);

/// The same with the user's own operations looked up in `operations_dir`, ready to be built; see
/// space::with_operations_from.
space::Architecture read_network(const std::string& value, const std::string& operations_dir);

}  // namespace mimar::trainer
