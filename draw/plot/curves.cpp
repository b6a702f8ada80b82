// plot_curves.

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/number_text.h"
#include "draw/page.h"
#include "draw/plot/curve.h"
#include "draw/plots.h"

namespace mimar::draw {
namespace {

constexpr std::size_t kMostPoints = 200;  // of a curve

const MarkStyle kOthers = {Shape::kLine, kPale, 3.5, ""};
const MarkStyle kStopped = {Shape::kLine, kOrange, 3.5, "4 3"};
const MarkStyle kFailed = {Shape::kLine, kVermilion, 3.5, "1 3"};

/// The look of a curve that is none of the best.
const MarkStyle& style_of(Outcome outcome) {
  if (outcome == Outcome::kEarlyStopped) return kStopped;
  return outcome == Outcome::kFailed ? kFailed : kOthers;
}

void draw_curve(SvgWriter& svg, const Panel& panel, const Curve& curve, const MarkStyle& style,
                double width) {
  std::vector<Point> line;
  for (const auto& [step, value] : curve.values) {
    line.push_back(panel.at(static_cast<double>(step), value));
  }
  if (line.size() == 1) {
    draw_marks(svg, {Shape::kDisc, style.colour, 2.5, ""}, std::vector<Mark>{{line.front(), {}}});
    return;
  }
  svg.polyline(thin_line(line, kMostPoints), line_attributes(style, width));
  const bool ended_early =
      curve.point.outcome == Outcome::kEarlyStopped || curve.point.outcome == Outcome::kFailed;
  if (ended_early) {
    draw_marks(svg, outcome_style(curve.point.outcome), std::vector<Mark>{{line.back(), {}}});
  }
}

MarkStyle best_style(std::size_t rank) {
  MarkStyle style = series_style(rank);
  style.shape = Shape::kLine;
  return style;
}

Heading make_heading(const Subject& subject, const Metric& metric, const CurveChoice& choice,
                     const std::vector<Curve>& curves) {
  Heading heading{.title = concat("Curves of ", metric.name, ", ", subject.experiment.name)};
  for (std::size_t rank = 0; rank < choice.num_best; ++rank) {
    const TrialPoint& point = choice.points[choice.points.size() - 1 - rank];
    heading.legend.push_back({best_style(rank), concat(rank == 0 ? "best: " : "", point.name, ' ',
                                                       short_number(*point.value))});
  }
  std::set<std::string> seen;
  for (const Curve& curve : curves) {
    if (curve.rank) continue;
    const MarkStyle& style = style_of(curve.point.outcome);
    const std::string text =
        &style == &kOthers ? "other trials" : std::string(to_string(curve.point.outcome));
    if (seen.insert(text).second) heading.legend.push_back({style, text});
  }
  const bool any_line = std::any_of(curves.begin(), curves.end(),
                                    [](const Curve& curve) { return curve.values.size() > 1; });
  if (!curves.empty() && !any_line) {
    heading.notes.push_back("no trial has reported more than once: a history shows more");
  }
  if (choice.num_all > choice.points.size()) {
    heading.notes.push_back(
        concat(choice.points.size(), " of ", choice.num_all,
               " trials drawn: the best ones and an even choice of the others"));
  }
  return heading;
}

}  // namespace

CurveChoice choose_curves(std::span<const TrialPoint> points, const Metric& metric) {
  CurveChoice choice;
  const std::vector<TrialPoint> best = best_points(points, metric, kBestCurves);
  std::set<hpo::TrialId> chosen;
  for (const TrialPoint& point : best) chosen.insert(point.number);
  std::vector<TrialPoint> others;
  for (const TrialPoint& point : points) {
    if (!chosen.contains(point.number)) others.push_back(point);
  }
  const std::size_t room = kMostCurves - best.size();
  const std::size_t kept = std::min(room, others.size());
  for (std::size_t i = 0; i < kept; ++i) {
    choice.points.push_back(others[i * others.size() / kept]);
  }
  choice.points.insert(choice.points.end(), best.rbegin(), best.rend());
  choice.num_best = best.size();
  choice.num_all = points.size();
  return choice;
}

std::vector<std::pair<std::int64_t, double>> read_curve(
    std::span<const experiment::Observation> observations, std::string_view metric) {
  std::vector<std::pair<std::int64_t, double>> values;
  for (const experiment::Observation& observation : observations) {
    if (observation.metric != metric) continue;
    const auto value = find_double(observation.value);
    if (!value || !std::isfinite(*value)) continue;
    // One value a step: a repeated one is a correction.
    if (!values.empty() && values.back().first == observation.step) {
      values.back().second = *value;
    } else {
      values.emplace_back(observation.step, *value);
    }
  }
  return values;
}

std::string plot_curves(const Subject& subject, std::string_view metric_name,
                        const ObservationSource& observations) {
  const Metric metric = get_metric(subject.experiment.spec, metric_name);
  const CurveChoice choice = choose_curves(read_points(subject, metric), metric);
  std::vector<Curve> curves;
  std::vector<double> values;
  double first = INFINITY;
  double last = -INFINITY;
  for (std::size_t i = 0; i < choice.points.size(); ++i) {
    Curve curve{
        choice.points[i], read_curve(observations(choice.points[i].number), metric.name), {}};
    if (curve.values.empty()) continue;
    const std::size_t from_end = choice.points.size() - 1 - i;
    if (from_end < choice.num_best) curve.rank = from_end;
    for (const auto& [step, value] : curve.values) values.push_back(value);
    first = std::min(first, static_cast<double>(curve.values.front().first));
    last = std::max(last, static_cast<double>(curve.values.back().first));
    curves.push_back(std::move(curve));
  }
  if (curves.empty()) {
    first = 0.0;
    last = 1.0;
  }
  Page page(make_heading(subject, metric, choice, curves), kPlotWidth, kPlotHeight);
  const Panel panel(page.body(), axis_of_whole("step", first, std::max(last, first + 1.0), 10),
                    axis_of_values(metric.axis_label(), values, 7));
  panel.draw(page.svg());
  for (const Curve& curve : curves) {
    draw_curve(page.svg(), panel, curve,
               curve.rank ? best_style(*curve.rank) : style_of(curve.point.outcome),
               curve.rank ? 2.2 : 1.2);
  }
  if (curves.empty()) page.say(panel.area(), "no trial has reported " + metric.name + " yet");
  return page.finish();
}

}  // namespace mimar::draw
