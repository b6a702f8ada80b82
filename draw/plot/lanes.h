#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "draw/trial_points.h"

/// The data of plot_timeline.
namespace mimar::draw {

/// The time that one trial took.
struct Bar {
  hpo::TrialId number = 0;
  std::string name;
  bool is_retrain = false;
  Outcome outcome = Outcome::kOpen;
  TimePoint begin;
  TimePoint end;
  std::size_t lane = 0;
};

/// The trials that have started, by their beginning. What has no end lasts up to `now`.
std::vector<Bar> read_bars(const Subject& subject, TimePoint now);

/// Gives each bar the first lane that is free when it begins; returns the number of lanes, which is
/// the most that ran at once. Needs bars in order of their beginning.
std::size_t put_into_lanes(std::vector<Bar>& bars);

}  // namespace mimar::draw
