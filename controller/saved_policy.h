#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/safetensors.h"
#include "controller/policy_options.h"
#include "controller/reward_ranks.h"
#include "space/search_space.h"

namespace mimar::controller {

/// A trial that a saved policy learned from.
struct SavedTrial {
  space::Assignment assignment;
  Outcome outcome;

  bool operator==(const SavedTrial&) const = default;
};

/// A trained policy as a plain value: what a controller's file holds, without LibTorch
/// (docs/formats/controller.md).
struct SavedPolicy {
  space::SearchSpace space = {};
  PolicyOptions options = {};
  std::uint64_t seed = 0;
  std::optional<double> baseline = {};
  std::int64_t num_updates = 0;
  std::int64_t num_steps = 0;            // of the optimiser
  std::vector<SavedTrial> history = {};  // in the order in which they finished
  /// Who made it: experiment, data set, versions of Mimar and LibTorch, in their words.
  std::map<std::string, std::string> origin = {};
  /// "weights/NAME", "first_moments/NAME", "second_moments/NAME".
  std::vector<NamedTensor> tensors = {};

  bool operator==(const SavedPolicy&) const = default;
};

/// The bytes of a controller's file: safetensors, the rest as JSON among its metadata. Equal
/// policies give equal bytes, so their digest names them.
std::string to_bytes(const SavedPolicy& policy);

/// Reads such bytes, from anywhere.
/// Errors: kInvalidArgument, saying what is wrong.
SavedPolicy parse_saved_policy(std::string_view bytes);

}  // namespace mimar::controller
