#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "hpo/early_stopping/early_stopper.h"
#include "hpo/log_cursor.h"

namespace mimar::hpo {

struct MedianOptions {
  Direction direction = Direction::kMinimize;
  int min_trials_required = 3;
  int start_step = 4;
  bool takes_mean = false;  // Katib's medianstop takes the mean in spite of its name
};

/// The median stopping rule of Golovin et al., "Google Vizier: a service for black-box
/// optimization", KDD 2017, section 3.2: a trial at step s is stopped when its best value so far is
/// worse than the median of the averages, over their reports up to step s, of the trials that have
/// succeeded.
///
/// A trial is judged once it has reported `start_step` different steps, at the greatest of them, as
/// soon as `min_trials_required` trials can be compared with it: those that succeeded, reported as
/// many steps, and have a value up to s. Steps are what the trials say; they may be missing or lie
/// apart. Of several values at one step the last counts (a trial that ran again after a crash).
/// Values that are not finite count as none, and a trial without a value is worse than any.
///
/// Each finished trial is read once: with n of them a judgement takes O(log n) comparisons and an
/// insertion into a sorted list for each step at which trials are judged.
class MedianStopper final : public EarlyStopper {
 public:
  /// Errors: kInvalidArgument when a count is not positive.
  explicit MedianStopper(const MedianOptions& options);

  std::vector<EarlyStop> find_stops(const History& history) override;

 private:
  /// What a pending trial has reported; NaN where it has no value.
  using Curve = std::map<std::int64_t, double>;

  /// A succeeded trial: the average of its values up to each step that has one.
  struct Averages {
    std::vector<std::int64_t> steps;
    std::vector<double> values;
  };

  /// The averages of all succeeded trials up to one step.
  struct Level {
    std::size_t num_read = 0;  // of succeeded_
    std::vector<double> sorted;
    double sum = 0.0;
  };

  void catch_up(const History& history);
  void read(const Reported& report);
  void read(const Finished& finished);
  const Level& level_at(std::int64_t step);
  double threshold(const Level& level) const;
  std::optional<EarlyStop> judge(TrialId trial, const Curve& curve);

  MedianOptions options_;
  LogCursor cursor_;
  std::map<TrialId, Curve> pending_;
  std::vector<Averages> succeeded_;
  std::map<std::int64_t, Level> levels_;
};

}  // namespace mimar::hpo
