#pragma once

#include <string_view>

#include "cli/context.h"
#include "experiment/experiment.h"

namespace mimar::cli {

/// Reads an object that a command line has changed; problems go to stderr, under `source`'s name.
/// Errors: kInvalidArgument when the change made it invalid.
experiment::Experiment parse_changed(Context& context, const Json& object, std::string_view source);

/// Stores a new experiment. Errors: kAlreadyExists, with what can be done.
void record(Context& context, experiment::Store& store, const experiment::Experiment& experiment);

/// Stores it, prints its name and says how to go on.
void record_and_say(Context& context, const experiment::Experiment& experiment);

}  // namespace mimar::cli
