#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "hpo/history.h"
#include "space/search_space.h"

namespace mimar::experiment {

/// Values of some parameters as a user writes them: an initial point, an enqueued trial.
using GivenValues = std::map<std::string, std::string>;

/// A trial that a user wants next.
struct EnqueuedTrial {
  std::int64_t id = 0;                   // grows with each; the store gives it
  GivenValues given;                     // the algorithm proposes the others
  std::optional<hpo::TrialId> retry_of;  // this trial's proposal once more; `given` is empty then

  bool operator==(const EnqueuedTrial&) const = default;
};

// What trials bear that no algorithm proposed.
inline constexpr const char* kEnqueuedLabel = "mimar/enqueued";  // the values given, as text
inline constexpr const char* kRetryLabel = "mimar/retry-of";     // the number of the other trial
inline constexpr const char* kImportLabel = "mimar/imported";    // "true"

/// True for the labels of a trial that a user put there.
bool is_from_user(const hpo::Labels& labels);

/// The labels that an enqueued trial's proposal bears, and the trial (without its id) that such
/// labels tell of; nothing for the labels of an algorithm's own proposal.
hpo::Labels labels_of(const EnqueuedTrial& trial);
std::optional<EnqueuedTrial> find_enqueued(const hpo::Labels& labels);

/// Given values as text and back. Errors: kFailedPrecondition for a text that is none of these.
std::string given_to_text(const GivenValues& given);
GivenValues given_from_text(std::string_view text);

/// Reads each of the values.
/// Errors: kInvalidArgument for a name that is no parameter, with the nearest, and for a value that
/// the parameter cannot take, with those it can.
space::Assignment parse_given(const space::SearchSpace& space, const GivenValues& given);

/// Checks that a trial can have these values.
/// Errors: as parse_given(); kInvalidArgument also for a conditional parameter whose condition the
/// other values do not meet, and for values that exclude each other.
void check_given(const space::SearchSpace& space, const GivenValues& given);

/// The proposal with the given values over it. What no longer fits falls away, and what they bring
/// into being without a value is drawn with `rng`.
/// Errors: kInvalidArgument for an unknown name and an impossible value.
space::Assignment overlaid(const space::SearchSpace& space, space::Assignment proposal,
                           const GivenValues& given, Rng& rng);

}  // namespace mimar::experiment
