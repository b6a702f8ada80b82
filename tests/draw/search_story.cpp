#include "tests/draw/search_story.h"

#include <cmath>

#include "base/error.h"
#include "base/number_text.h"
#include "base/rng.h"
#include "tests/support/spaces.h"

namespace mimar::draw {

using experiment::TrialPhase;

experiment::Trial make_finished(hpo::TrialId number,
                                const std::vector<std::pair<std::string, double>>& metrics) {
  experiment::Trial trial;
  trial.number = number;
  trial.name = concat("story-", number);
  trial.phase = TrialPhase::kSucceeded;
  for (const auto& [name, value] : metrics) {
    trial.metrics.push_back({name, to_text(value), to_text(value), to_text(value)});
  }
  return trial;
}

SearchStory make_story(int count, const std::string& name) {
  SearchStory story;
  story.experiment.name = name;
  story.experiment.uid = "uid";
  experiment::ExperimentSpec& spec = story.experiment.spec;
  spec.objectives = {{"loss", hpo::Direction::kMinimize, experiment::MetricStrategy::kMin, {}}};
  spec.additional_metrics = {{"latency-ms", experiment::MetricStrategy::kMin}};
  spec.parameters = {spaces::real("lr", 1e-5, 1e-1, space::Distribution::kLogUniform),
                     spaces::whole("width", 8, 256), spaces::choice("optimizer", {"sgd", "adamw"}),
                     spaces::when(spaces::real("momentum", 0.5, 0.99), "optimizer", {"sgd"})};
  const space::SearchSpace space = experiment::search_space(spec);
  const TimePoint begin = parse_rfc3339("2026-11-24T10:00:00Z");
  for (int i = 0; i < count; ++i) {
    Rng rng(7, static_cast<std::uint64_t>(i));
    space::Assignment assignment = space.sample(rng);
    const double lr = std::get<double>(assignment.at("lr"));
    const auto width = static_cast<double>(std::get<std::int64_t>(assignment.at("width")));
    const double loss = 0.2 + 0.05 * std::pow(std::log10(lr) + 3.0, 2) + 2.0 / width;
    experiment::Trial trial = make_finished(i, {{"loss", loss}, {"latency-ms", width / 16.0}});
    trial.name = concat(name, "-", i);
    trial.proposal.assignment = std::move(assignment);
    trial.started_at = begin + std::chrono::seconds(10 * (i / 2));
    trial.finished_at = *trial.started_at + std::chrono::seconds(10);
    if (i % 10 == 3) trial.phase = TrialPhase::kFailed;
    if (i % 10 == 5) trial.phase = TrialPhase::kEarlyStopped;
    if (i % 10 == 7) trial.phase = TrialPhase::kKilled;
    if (i >= count - 2) trial.phase = TrialPhase::kRunning;
    const bool has_no_value =
        trial.phase != TrialPhase::kSucceeded && trial.phase != TrialPhase::kEarlyStopped;
    if (has_no_value) trial.metrics.clear();
    if (trial.phase == TrialPhase::kRunning) trial.finished_at.reset();
    story.trials.push_back(std::move(trial));
  }
  return story;
}

}  // namespace mimar::draw
