#pragma once

#include <map>
#include <string>

#include "controller/policy.h"
#include "controller/saved_policy.h"

namespace mimar::controller {

/// How much of a policy came from a saved one.
struct Coverage {
  int num_choices = 0;  // of all decisions of the new space
  int num_matched = 0;  // those that the saved policy knew, by label and name

  double share() const {
    return num_choices == 0 ? 0.0 : static_cast<double>(num_matched) / num_choices;
  }

  bool operator==(const Coverage&) const = default;
};

/// The policy as a plain value. What a file tells beyond it (history, origin) is left empty.
SavedPolicy save(const Policy& policy, std::uint64_t seed);

/// Takes over from a saved policy what fits: weights and moments of decisions with the same label,
/// choice by choice by their names; what the new space has beyond that keeps its fresh weights, and
/// what it lacks is dropped. The optimiser goes on from the saved moments. Both must have the same
/// hidden size.
/// Errors: kInvalidArgument when the saved policy's tensors do not belong to its space, or its
/// hidden size is another.
Coverage load(const SavedPolicy& saved, Policy& policy);

}  // namespace mimar::controller
