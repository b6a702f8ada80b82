#include "hpo/early_stopping/median_stopper.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::hpo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double median(const std::vector<double>& sorted) {
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
}

}  // namespace

MedianStopper::MedianStopper(const MedianOptions& options) : options_(options) {
  require(options.min_trials_required > 0, "min_trials_required must be positive, not ",
          options.min_trials_required);
  require(options.start_step > 0, "start_step must be positive, not ", options.start_step);
}

void MedianStopper::catch_up(const History& history) {
  if (!cursor_.is_prefix_of(history)) {
    pending_.clear();
    succeeded_.clear();
    levels_.clear();
    cursor_ = LogCursor();
  }
  for (const Event& event : history.events().subspan(cursor_.position())) {
    if (const auto* report = std::get_if<Reported>(&event)) read(*report);
    if (const auto* finished = std::get_if<Finished>(&event)) read(*finished);
  }
  cursor_.move_to_end(history);
}

void MedianStopper::read(const Reported& report) {
  const double value = report.objectives.empty() ? kNan : report.objectives.front();
  double& held = pending_[report.trial].try_emplace(report.step, kNan).first->second;
  // A report of another objective at the same step takes nothing away.
  if (std::isfinite(value)) held = value;
}

void MedianStopper::read(const Finished& finished) {
  const auto found = pending_.find(finished.trial);
  if (found == pending_.end()) return;  // has reported nothing
  const Curve curve = std::move(found->second);
  pending_.erase(found);
  const bool is_long_enough = curve.size() >= static_cast<std::size_t>(options_.start_step);
  if (finished.state != TrialState::kSucceeded || !is_long_enough) return;
  Averages averages;
  double sum = 0.0;
  for (const auto& [step, value] : curve) {
    if (std::isnan(value)) continue;
    sum += value;
    averages.steps.push_back(step);
    averages.values.push_back(sum / static_cast<double>(averages.steps.size()));
  }
  succeeded_.push_back(std::move(averages));
}

const MedianStopper::Level& MedianStopper::level_at(std::int64_t step) {
  Level& level = levels_[step];
  for (; level.num_read < succeeded_.size(); ++level.num_read) {
    const Averages& averages = succeeded_[level.num_read];
    const auto after = std::ranges::upper_bound(averages.steps, step);
    if (after == averages.steps.begin()) continue;
    const double average =
        averages.values[static_cast<std::size_t>(after - averages.steps.begin()) - 1];
    level.sorted.insert(std::ranges::upper_bound(level.sorted, average), average);
    level.sum += average;
  }
  return level;
}

double MedianStopper::threshold(const Level& level) const {
  return options_.takes_mean ? level.sum / static_cast<double>(level.sorted.size())
                             : median(level.sorted);
}

std::optional<EarlyStop> MedianStopper::judge(TrialId trial, const Curve& curve) {
  if (curve.size() < static_cast<std::size_t>(options_.start_step)) return std::nullopt;
  const std::int64_t step = curve.rbegin()->first;
  const Level& level = level_at(step);
  if (level.sorted.size() < static_cast<std::size_t>(options_.min_trials_required)) {
    return std::nullopt;
  }
  const bool minimizes = options_.direction == Direction::kMinimize;
  std::optional<double> best;
  for (const auto& [at, value] : curve) {
    if (std::isnan(value)) continue;
    if (!best || (minimizes ? value < *best : value > *best)) best = value;
  }
  const double limit = threshold(level);
  if (best && !(minimizes ? *best > limit : *best < limit)) return std::nullopt;
  const std::string other =
      concat(to_text(limit), ", the ", options_.takes_mean ? "mean" : "median", " of ",
             level.sorted.size(), " trials");
  return EarlyStop{
      trial, best ? concat("at step ", step, ": best ", to_text(*best), " is worse than ", other)
                  : concat("at step ", step, ": no finite value, against ", other)};
}

std::vector<EarlyStop> MedianStopper::find_stops(const History& history) {
  catch_up(history);
  std::vector<EarlyStop> stops;
  for (const auto& [trial, curve] : pending_) {
    if (std::optional<EarlyStop> stop = judge(trial, curve)) stops.push_back(std::move(*stop));
  }
  return stops;
}

}  // namespace mimar::hpo
