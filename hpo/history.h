#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "space/value.h"

namespace mimar::hpo {

/// A trial's number within its experiment: 0, 1, 2, ... in the order of proposal.
using TrialId = std::int64_t;

/// What an algorithm wants back in the history (rung, bracket, generation, parent).
using Labels = std::map<std::string, std::string>;

enum class Direction : std::uint8_t { kMinimize, kMaximize };

/// How a trial stands. The values from kSucceeded on are final.
enum class TrialState : std::uint8_t {
  kPending,             // proposed, perhaps running
  kSucceeded,           // finished, with objective values
  kEarlyStopped,        // stopped by a rule; its last values count
  kFailed,              // crashed, timed out, or stalled
  kMetricsUnavailable,  // ended well but never reported a usable objective value
  kKilled,              // stopped by the user or at the experiment's end; tells nothing
};

constexpr bool is_final(TrialState state) noexcept { return state != TrialState::kPending; }

/// Where a trial came from, so that its proposal can be made again: the number of events in the
/// history that the sampler saw, how many proposals were asked for, and which of them this was.
struct ProposalOrigin {
  std::size_t log_position = 0;
  int batch_size = 1;
  int index = 0;

  bool operator==(const ProposalOrigin&) const = default;
};

/// A trial was proposed. Its number is the number of trials proposed before it.
struct Proposed {
  space::Assignment assignment;
  std::optional<double> budget = {};
  std::optional<TrialId> continue_from = {};
  bool replicate = false;
  Labels labels = {};
  ProposalOrigin origin = {};

  bool operator==(const Proposed&) const = default;
};

/// A trial reported its objective values at a step of its training.
struct Reported {
  TrialId trial = 0;
  std::int64_t step = 0;
  std::vector<double> objectives;  // one per objective; NaN where this report has none

  bool operator==(const Reported&) const = default;
};

/// A trial ended. `objectives` hold what the metric strategies chose, as the user states them (not
/// negated); empty unless the trial succeeded or was stopped early with a value. They may be NaN
/// or infinite, which is never best.
struct Finished {
  TrialId trial = 0;
  TrialState state = TrialState::kSucceeded;
  std::vector<double> objectives = {};
  std::vector<double> constraints = {};  // violation per constraint; feasible when all are <= 0

  bool operator==(const Finished&) const = default;
};

using Event = std::variant<Proposed, Reported, Finished>;

/// Everything known of one trial, gathered from its events.
struct TrialRecord {
  TrialId id = 0;
  space::Assignment assignment;
  TrialState state = TrialState::kPending;
  std::vector<double> objectives;
  std::vector<double> constraints;
  std::vector<Reported> reports;
  std::optional<double> budget;
  std::optional<TrialId> continue_from;
  bool replicate = false;
  Labels labels;
  ProposalOrigin origin;
  /// Position of the Finished event in the log; algorithms that learn in order use it.
  std::optional<std::size_t> finished_at;

  bool operator==(const TrialRecord&) const = default;
};

/// An append-only log of what happened in an experiment, with views over it.
///
/// Samplers, early stopping and the screens all read this. Thread safety: one writer, or many
/// readers.
class History {
 public:
  History() = default;

  /// Errors: kInvalidArgument when an event names a trial that was never proposed or has ended.
  void append(Event event);

  /// Number of events: the log position that the next proposal is made from.
  std::size_t size() const noexcept { return events_.size(); }
  std::span<const Event> events() const noexcept { return events_; }

  std::span<const TrialRecord> trials() const noexcept { return trials_; }
  const TrialRecord& trial(TrialId id) const;

  /// The number that the next proposed trial will get.
  TrialId next_number() const noexcept { return static_cast<TrialId>(trials_.size()); }

  /// The history as it was after its first `position` events.
  /// Errors: kInvalidArgument when there are fewer.
  History prefix(std::size_t position) const;

  /// A digest of the first `position` events. Two histories whose digests agree began alike (but
  /// for one chance in 2^64), so a cache that has read so far may go on from there.
  /// Errors: kInvalidArgument when there are fewer events.
  std::uint64_t digest(std::size_t position) const;

 private:
  TrialRecord& open_trial(TrialId id, std::string_view event);

  std::vector<Event> events_;
  std::vector<TrialRecord> trials_;
  std::vector<std::uint64_t> digests_ = {0};  // digests_[n] covers n events
};

/// A digest of an assignment, the same on every machine. Equal assignments have equal digests.
std::uint64_t digest(const space::Assignment& assignment);

}  // namespace mimar::hpo
