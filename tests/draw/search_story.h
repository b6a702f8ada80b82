#pragma once

#include <string>
#include <vector>

#include "draw/trial_points.h"
#include "experiment/experiment.h"
#include "experiment/trial.h"

namespace mimar::draw {

/// A made-up search: an experiment and trials as the store would give them.
struct SearchStory {
  experiment::Experiment experiment;
  std::vector<experiment::Trial> trials;

  Subject subject() const { return {experiment, trials}; }
};

/// Minimizes "loss" of lr (log), width (whole), optimizer (a choice) and momentum (only with sgd);
/// also reads "latency-ms". `count` trials, two at a time, ten seconds each; of every ten one
/// fails, one is stopped early and one is killed, and the last two still run.
SearchStory make_story(int count, const std::string& name = "story");

/// A finished trial with these metrics; each value is at once its min, max and latest.
experiment::Trial make_finished(hpo::TrialId number,
                                const std::vector<std::pair<std::string, double>>& metrics);

}  // namespace mimar::draw
