#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "hpo/grid/enumeration.h"
#include "hpo/history.h"
#include "hpo/log_cursor.h"
#include "space/search_space.h"

namespace mimar::hpo {

/// Knows which assignments an experiment has tried, and finds others.
///
/// An assignment is new when neither a trial of the history, whatever became of it, nor an earlier
/// proposal of the batch has it. The space is borrowed and must outlive this.
class Novelty {
 public:
  explicit Novelty(const space::SearchSpace& space);
  Novelty(const Novelty&) = delete;  // so that a sampler with its own space is not copied either
  Novelty& operator=(const Novelty&) = delete;

  /// Begins a batch: reads what is new in the history, which must stay as it is until the last
  /// call of the batch, and forgets the batch before.
  void begin(const History& history);

  bool is_new(const space::Assignment& assignment) const;

  /// Adds a proposal to the batch.
  void add(const space::Assignment& assignment);

  /// True when the space is finite and nothing in it is new.
  bool is_exhausted() const;

  /// The first new assignment that `draw` makes; after 128 that are old, in a finite space the
  /// next new one after a random number of its enumeration. Nothing when there is none.
  std::optional<space::Assignment> find(const std::function<space::Assignment()>& draw, Rng& rng);

  /// Numbers the space's assignments; size() is nothing when the space is not finite.
  Enumeration& enumeration() noexcept { return enumeration_; }

 private:
  bool is_in_history(const space::Assignment& assignment) const;
  void read(const TrialRecord& trial);

  const space::SearchSpace& space_;
  Enumeration enumeration_;
  LogCursor cursor_;
  const History* history_ = nullptr;                        // of the batch
  std::unordered_multimap<std::uint64_t, TrialId> trials_;  // by digest, the first of equals
  std::unordered_multimap<std::uint64_t, space::Assignment> batch_;  // by digest
  std::size_t num_read_ = 0;                                         // trials of the history
  std::uint64_t num_tried_ = 0;  // different assignments of the space in the history
};

}  // namespace mimar::hpo
