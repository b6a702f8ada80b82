#pragma once

#include "base/json.h"
#include "space/search_space.h"

namespace mimar::space {

/// The JSON form of a search space: a list of parameters, in their order, as in
/// docs/formats/controller-pipe.md. It reads back as an equal space.
Json to_json(const SearchSpace& space);

/// Reads a space from outside; sizes are bounded (100,000 parameters, 100,000 values each).
/// Errors: kInvalidArgument, saying where the document departs from the form, or what is wrong
/// with the space.
SearchSpace parse_search_space(const Json& json);

/// Names to values: numbers as numbers, choices as texts. Real values are written so that they
/// read back the same.
Json to_json(const Assignment& assignment);

/// Errors: kInvalidArgument for a value that is neither a number nor a text.
Assignment parse_assignment(const Json& json);

}  // namespace mimar::space
