#pragma once

#include <string>
#include <string_view>

#include "experiment/experiment.h"

namespace mimar::cli {

/// A random UUID (RFC 4122, version 4) from the kernel.
std::string random_uuid();

/// `prefix` and five random characters of Kubernetes's alphabet, for metadata.generateName.
std::string generate_name(std::string_view prefix);

/// Gives a new experiment what it needs to be stored: the name that metadata.generateName asks
/// for, and a UID unless metadata.uid has one.
void complete_identity(experiment::Experiment& experiment);

}  // namespace mimar::cli
