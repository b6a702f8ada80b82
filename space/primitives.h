#pragma once

#include <string>
#include <vector>

#include "space/architecture.h"

namespace mimar::space {

/// Every operation that a cell or a macro layer may name.
const std::vector<std::string>& known_primitives();

/// ENAS's six operations of the macro space, in its numbering.
const std::vector<std::string>& macro_primitives();

/// The operations a space chooses from: `listed`, or `defaults` when that is empty. `none` is left
/// out where an edge is a discrete choice that must not be empty; NAS-Bench-201 keeps it.
std::vector<std::string> chosen_primitives(const std::vector<std::string>& listed,
                                           const std::vector<std::string>& defaults,
                                           bool keep_none);

/// Every fault of a list of primitives, as sentences.
std::vector<std::string> primitive_problems(const std::vector<std::string>& listed, bool keep_none);

/// The sentence for an operation that nobody knows.
std::string unknown_primitive(const std::string& name);

/// True for an operation that every build knows, and for a user's own.
bool is_known_primitive(const std::string& name);

/// True for a user's own operation: the name of a TorchScript file, ending in ".pt".
bool is_own_operation(const std::string& name);

/// The architecture with the user's own operations looked up in a folder: relative file names are
/// put behind `folder`. What is recorded and exported keeps the names as they were.
Architecture with_operations_from(Architecture architecture, const std::string& folder);

}  // namespace mimar::space
