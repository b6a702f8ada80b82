#include "draw/trial_points.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/nearest_name.h"
#include "draw/ticks.h"
#include "experiment/reconcile.h"

namespace mimar::draw {
namespace {

using experiment::ExperimentSpec;
using experiment::Trial;
using experiment::TrialPhase;

constexpr std::array<Outcome, 6> kOutcomes = {Outcome::kSucceeded,  Outcome::kEarlyStopped,
                                              Outcome::kInfeasible, Outcome::kFailed,
                                              Outcome::kKilled,     Outcome::kOpen};

bool breaks_a_constraint(const ExperimentSpec& spec, const Trial& trial) {
  if (spec.constraints.empty()) return false;
  const hpo::Finished finished = experiment::to_finished(spec, trial);
  return std::any_of(finished.constraints.begin(), finished.constraints.end(),
                     [](double violation) { return violation > 0.0; });
}

}  // namespace

std::string Metric::axis_label() const {
  return name +
         (direction == hpo::Direction::kMinimize ? " (smaller is better)" : " (greater is better)");
}

Metric get_metric(const ExperimentSpec& spec, std::string_view name) {
  const std::vector<std::string> known = spec.metric_names();
  const auto is_known = [&known](std::string_view candidate) {
    return std::find(known.begin(), known.end(), candidate) != known.end();
  };
  std::string_view wanted =
      name.empty() ? std::string_view(spec.objectives.front().metric_name) : name;
  std::optional<hpo::Direction> said;
  if (!is_known(wanted) && wanted.ends_with(":min")) said = hpo::Direction::kMinimize;
  if (!is_known(wanted) && wanted.ends_with(":max")) said = hpo::Direction::kMaximize;
  if (said) wanted.remove_suffix(4);
  if (!is_known(wanted)) {
    const auto nearest = find_nearest_name(wanted, known);
    std::string all;
    for (const std::string& metric : known) all += (all.empty() ? "" : ", ") + metric;
    fail(ErrorCode::kInvalidArgument, "the experiment reads no metric \"", wanted, "\"; ",
         nearest ? "did you mean \"" + *nearest + "\"? " : "", "it reads ", all);
  }
  const experiment::MetricStrategy strategy = spec.strategy_of(wanted);
  const auto objective =
      std::find_if(spec.objectives.begin(), spec.objectives.end(),
                   [wanted](const auto& each) { return each.metric_name == wanted; });
  const hpo::Direction usual = objective != spec.objectives.end() ? objective->direction
                               : strategy == experiment::MetricStrategy::kMax
                                   ? hpo::Direction::kMaximize
                                   : hpo::Direction::kMinimize;
  return {std::string(wanted), said.value_or(usual), strategy};
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeded:
      return "succeeded";
    case Outcome::kEarlyStopped:
      return "stopped early";
    case Outcome::kInfeasible:
      return "infeasible";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kKilled:
      return "killed";
    case Outcome::kOpen:
      return "not ended";
  }
  return "";
}

MarkStyle outcome_style(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeded:
      return {Shape::kDisc, kBlue, 3.5, ""};
    case Outcome::kEarlyStopped:
      return {Shape::kTriangle, kOrange, 4.0, ""};
    case Outcome::kInfeasible:
      return {Shape::kDiamond, kPurple, 4.2, ""};
    case Outcome::kFailed:
      return {Shape::kCross, kVermilion, 3.2, ""};
    case Outcome::kKilled:
      return {Shape::kPlus, kGrey, 3.8, ""};
    case Outcome::kOpen:
      break;
  }
  return {Shape::kRing, kSkyBlue, 3.2, ""};
}

Outcome outcome_of(const ExperimentSpec& spec, const Trial& trial) {
  switch (trial.phase) {
    case TrialPhase::kCreated:
    case TrialPhase::kRunning:
      return Outcome::kOpen;
    case TrialPhase::kFailed:
    case TrialPhase::kMetricsUnavailable:
      return Outcome::kFailed;
    case TrialPhase::kKilled:
      return Outcome::kKilled;
    case TrialPhase::kSucceeded:
    case TrialPhase::kEarlyStopped:
      break;
  }
  if (breaks_a_constraint(spec, trial)) return Outcome::kInfeasible;
  return trial.phase == TrialPhase::kSucceeded ? Outcome::kSucceeded : Outcome::kEarlyStopped;
}

std::vector<TrialPoint> read_points(const Subject& subject, const Metric& metric) {
  std::vector<TrialPoint> points;
  for (const Trial& trial : subject.trials) {
    if (trial.purpose != experiment::TrialPurpose::kSearch) continue;
    auto value = experiment::chosen_value(trial.metrics, metric.name, metric.strategy);
    if (value && !std::isfinite(*value)) value.reset();
    points.push_back({trial.number, trial.name, outcome_of(subject.experiment.spec, trial), value});
  }
  return points;
}

std::vector<double> values_of(std::span<const TrialPoint> points) {
  std::vector<double> values;
  for (const TrialPoint& point : points) {
    if (point.value) values.push_back(*point.value);
  }
  return values;
}

std::vector<TrialPoint> best_points(std::span<const TrialPoint> points, const Metric& metric,
                                    std::size_t most) {
  std::vector<TrialPoint> ranked;
  for (const TrialPoint& point : points) {
    if (point.counts()) ranked.push_back(point);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [&metric](const auto& a, const auto& b) {
    return metric.is_better(*a.value, *b.value);
  });
  ranked.resize(std::min(most, ranked.size()));
  return ranked;
}

std::vector<std::optional<double>> best_so_far(std::span<const TrialPoint> points,
                                               const Metric& metric) {
  std::vector<std::optional<double>> line;
  std::optional<double> best;
  for (const TrialPoint& point : points) {
    if (point.counts() && (!best || metric.is_better(*point.value, *best))) best = point.value;
    line.push_back(best);
  }
  return line;
}

std::vector<LegendEntry> outcome_legend(std::span<const TrialPoint> points) {
  std::vector<LegendEntry> legend;
  for (const Outcome outcome : kOutcomes) {
    const auto count = std::count_if(points.begin(), points.end(), [outcome](const auto& point) {
      return point.outcome == outcome;
    });
    if (count == 0) continue;
    legend.push_back({outcome_style(outcome), concat(to_string(outcome), " (", count, ')')});
  }
  return legend;
}

std::string hint_of(const TrialPoint& point, const Metric& metric) {
  return concat(point.name, " (", point.number, "), ", to_string(point.outcome), ": ", metric.name,
                ' ', point.value ? short_number(*point.value) : "none");
}

}  // namespace mimar::draw
