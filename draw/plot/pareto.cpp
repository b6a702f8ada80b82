// plot_pareto.

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "base/error.h"
#include "base/number_text.h"
#include "draw/page.h"
#include "draw/plot/front.h"
#include "draw/plots.h"
#include "hpo/multi_objective/pareto.h"
#include "hpo/multi_objective/score.h"

namespace mimar::draw {
namespace {

constexpr std::size_t kMostHints = 500;
const MarkStyle kFront = {Shape::kLine, kBlack, 3.5, ""};

/// What to plot: the metrics that were named, else the first two objectives, else the objective and
/// the first other metric.
std::pair<Metric, Metric> chosen_metrics(const experiment::ExperimentSpec& spec, std::string_view x,
                                         std::string_view y) {
  std::vector<std::string> known;
  for (const experiment::Objective& objective : spec.objectives) {
    known.push_back(objective.metric_name);
  }
  for (const std::string& name : spec.metric_names()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
  }
  require(known.size() > 1, "a Pareto plot needs two metrics, and the experiment reads only \"",
          known.front(),
          "\"; name more in objective.additionalObjectives or additionalMetricNames");
  const auto first_but = [&known](const std::string& other) {
    return known.front() == other ? known[1] : known.front();
  };
  const Metric second = y.empty() ? Metric{} : get_metric(spec, y);
  const Metric first = get_metric(spec, x.empty() ? first_but(second.name) : std::string(x));
  if (y.empty()) return {first, get_metric(spec, first_but(first.name))};
  require(first.name != second.name, "a Pareto plot needs two different metrics, not \"",
          first.name, "\" twice");
  return {first, second};
}

std::string hint_of(const PlanePoint& point, const Metric& x, const Metric& y) {
  return concat(point.trial.name, " (", point.trial.number, "), ", to_string(point.trial.outcome),
                ": ", x.name, ' ', to_text(point.x), ", ", y.name, ' ', to_text(point.y));
}

/// The edge of what the front beats, as steps in the order of x.
std::vector<Point> front_line(const Panel& panel, std::span<const PlanePoint> points,
                              std::span<const std::size_t> front) {
  std::vector<Point> line;
  for (const std::size_t i : front) {
    const Point at = panel.at(points[i].x, points[i].y);
    // A corner on the beaten side: as bad in x as the next, as bad in y as the last.
    if (!line.empty()) line.push_back({at.x, line.back().y});
    line.push_back(at);
  }
  return line;
}

Heading make_heading(const Subject& subject, const Metric& x, const Metric& y,
                     const std::vector<PlanePoint>& points, std::size_t front) {
  std::vector<TrialPoint> trials;
  for (const PlanePoint& point : points) trials.push_back(point.trial);
  Heading heading{
      .title = concat("Pareto front of ", x.name, " and ", y.name, ", ", subject.experiment.name),
      .legend = outcome_legend(trials)};
  heading.legend.push_back({kFront, concat("front (", front, ')')});
  const std::size_t all = read_points(subject, y).size();
  if (all > points.size()) {
    heading.notes.push_back(concat(all - points.size(), " trials lack one of the two values"));
  }
  if (subject.experiment.spec.objectives.size() > 2) {
    heading.notes.push_back("the front in these two of " +
                            std::to_string(subject.experiment.spec.objectives.size()) +
                            " objectives");
  }
  if (points.size() > kMostMarks) {
    heading.notes.push_back("where marks would cover each other, only the latest is drawn");
  }
  return heading;
}

}  // namespace

std::vector<PlanePoint> read_plane(const Subject& subject, const Metric& x, const Metric& y) {
  const std::vector<TrialPoint> by_x = read_points(subject, x);
  const std::vector<TrialPoint> by_y = read_points(subject, y);
  std::vector<PlanePoint> points;
  for (std::size_t i = 0; i < by_x.size(); ++i) {
    if (by_x[i].value && by_y[i].value) {
      points.push_back({by_y[i], *by_x[i].value, *by_y[i].value});
    }
  }
  return points;
}

std::vector<std::size_t> front_of(std::span<const PlanePoint> points, const Metric& x,
                                  const Metric& y) {
  const std::array directions{x.direction, y.direction};
  std::vector<std::size_t> candidates;
  std::vector<hpo::Score> scores;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!points[i].trial.counts()) continue;
    candidates.push_back(i);
    scores.push_back({.costs = hpo::to_costs(std::array{points[i].x, points[i].y}, directions)});
  }
  const std::vector<std::size_t> ranks = hpo::nondominated_ranks(scores);
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (ranks[i] == 0) front.push_back(candidates[i]);
  }
  std::stable_sort(front.begin(), front.end(), [&](std::size_t a, std::size_t b) {
    return x.is_better(points[a].x, points[b].x);
  });
  return front;
}

std::string plot_pareto(const Subject& subject, std::string_view x_name, std::string_view y_name) {
  const experiment::ExperimentSpec& spec = subject.experiment.spec;
  const auto [x, y] = chosen_metrics(spec, x_name, y_name);
  const std::vector<PlanePoint> points = read_plane(subject, x, y);
  const std::vector<std::size_t> front = front_of(points, x, y);
  std::vector<double> xs;
  std::vector<double> ys;
  for (const PlanePoint& point : points) {
    xs.push_back(point.x);
    ys.push_back(point.y);
  }
  Page page(make_heading(subject, x, y, points, front.size()), kPlotWidth, kPlotHeight);
  const Panel panel(page.body(), axis_of_values(x.axis_label(), xs, 9),
                    axis_of_values(y.axis_label(), ys, 7));
  panel.draw(page.svg());
  page.svg().polyline(front_line(panel, points, front), line_attributes(kFront, 1.6));
  std::map<Outcome, std::vector<Mark>, std::greater<>> marks;  // what succeeded comes on top
  for (const PlanePoint& point : points) {
    marks[point.trial.outcome].push_back({panel.at(point.x, point.y), points.size() <= kMostHints
                                                                          ? hint_of(point, x, y)
                                                                          : std::string()});
  }
  for (auto& [outcome, of_outcome] : marks) {
    thin_marks(of_outcome);
    draw_marks(page.svg(), outcome_style(outcome), of_outcome);
  }
  std::vector<Mark> rings;
  for (const std::size_t i : front) rings.push_back({panel.at(points[i].x, points[i].y), {}});
  thin_marks(rings);
  draw_marks(page.svg(), {Shape::kHalo, kBlack, 6.0, ""}, rings);
  if (points.empty()) page.say(panel.area(), "no trial has both values yet");
  return page.finish();
}

}  // namespace mimar::draw
