#include "hpo/novelty.h"

#include <algorithm>

namespace mimar::hpo {

Novelty::Novelty(const space::SearchSpace& space) : space_(space), enumeration_(space) {}

void Novelty::begin(const History& history) {
  history_ = &history;
  batch_.clear();
  if (!cursor_.is_prefix_of(history)) {
    trials_.clear();
    num_read_ = 0;
    num_tried_ = 0;
    cursor_ = LogCursor();
  }
  for (; num_read_ < history.trials().size(); ++num_read_) read(history.trials()[num_read_]);
  cursor_.move_to_end(history);
}

void Novelty::read(const TrialRecord& trial) {
  if (is_in_history(trial.assignment)) return;
  trials_.emplace(digest(trial.assignment), trial.id);
  // Only a finite space is ever exhausted, and only its own assignments use it up.
  if (enumeration_.size() && space_.contains(trial.assignment)) ++num_tried_;
}

bool Novelty::is_in_history(const space::Assignment& assignment) const {
  const auto [first, last] = trials_.equal_range(digest(assignment));
  return std::any_of(first, last, [&](const auto& entry) {
    return history_->trial(entry.second).assignment == assignment;
  });
}

bool Novelty::is_new(const space::Assignment& assignment) const {
  const auto [first, last] = batch_.equal_range(digest(assignment));
  return !is_in_history(assignment) &&
         std::none_of(first, last, [&](const auto& entry) { return entry.second == assignment; });
}

void Novelty::add(const space::Assignment& assignment) {
  batch_.emplace(digest(assignment), assignment);
}

bool Novelty::is_exhausted() const {
  return enumeration_.size() && num_tried_ + batch_.size() >= *enumeration_.size();
}

std::optional<space::Assignment> Novelty::find(const std::function<space::Assignment()>& draw,
                                               Rng& rng) {
  constexpr int kMaxDraws = 128;
  if (is_exhausted()) return std::nullopt;
  for (int i = 0; i < kMaxDraws; ++i) {
    space::Assignment assignment = draw();
    if (is_new(assignment)) return assignment;
  }
  if (!enumeration_.size()) return std::nullopt;
  const space::Cardinality& size = *enumeration_.size();
  space::Cardinality index = space::Cardinality(rng.next()) % size;
  // At most as many steps as there are old assignments, since one is new.
  for (space::Assignment assignment;; index = (index + 1) % size) {
    assignment = enumeration_.at(index);
    if (is_new(assignment)) return assignment;
  }
}

}  // namespace mimar::hpo
