#pragma once

#include <cstddef>
#include <cstdint>

#include "hpo/history.h"

namespace mimar::hpo {

/// How far a cache has read an experiment's log, so that it can tell whether a history it is shown
/// goes on from there. If not, the cache must begin anew: it may never change an answer.
class LogCursor {
 public:
  /// True when `history` begins with the events read so far.
  bool is_prefix_of(const History& history) const {
    return position_ <= history.size() && history.digest(position_) == digest_;
  }

  /// Number of events read.
  std::size_t position() const noexcept { return position_; }

  /// Notes that all of `history` is read.
  void move_to_end(const History& history) {
    position_ = history.size();
    digest_ = history.digest(position_);
  }

 private:
  std::size_t position_ = 0;
  std::uint64_t digest_ = 0;
};

}  // namespace mimar::hpo
