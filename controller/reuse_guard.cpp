#include "controller/reuse_guard.h"

namespace mimar::controller {

Author ReuseGuard::author(std::int64_t number) const {
  // The first proposals are the saved policy's: they are what reuse is for.
  const bool is_cold_turn = number % kColdEvery == kColdEvery - 1;
  return has_switched() || is_cold_turn ? Author::kCold : Author::kReused;
}

void ReuseGuard::add(const Outcome& outcome, std::optional<Author> author) {
  ++num_finished_;
  if (!author) return;
  const bool is_reused = *author == Author::kReused;
  for (const Outcome& other : is_reused ? cold_ : reused_) {
    const int won = is_reused ? compare(outcome, other) : compare(other, outcome);
    won_ += 0.5 * (1 + won);
  }
  (is_reused ? reused_ : cold_).push_back(outcome);
  if (has_switched() || cold_.size() < kLeastCold || reused_.size() < kLeastReused) return;
  if (*share() < kLeastShare) switched_after_ = num_finished_;
}

std::optional<double> ReuseGuard::share() const {
  if (reused_.empty() || cold_.empty()) return std::nullopt;
  return won_ / (static_cast<double>(reused_.size()) * static_cast<double>(cold_.size()));
}

}  // namespace mimar::controller
