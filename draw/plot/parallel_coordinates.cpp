// plot_parallel_coordinates.

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "draw/dimensions.h"
#include "draw/page.h"
#include "draw/plots.h"

namespace mimar::draw {
namespace {

constexpr std::size_t kMostAxes = 14;  // beside the metric's
constexpr std::size_t kMostLines = 300;
constexpr double kAxisRoom = 105.0;  // from one axis to the next
constexpr double kHeadRoom = 40.0;   // names of the axes
constexpr double kFootRoom = 30.0;   // where what is not active goes through
constexpr double kSideRoom = 50.0;
constexpr double kScaleRoom = 70.0;  // ticks of the metric

/// The axes side by side.
struct Axes {
  std::vector<Dimension> dimensions;  // the metric is the last
  Rect area;

  double x(std::size_t i) const {
    const auto gaps = static_cast<double>(std::max<std::size_t>(1, dimensions.size() - 1));
    return area.x + area.width * static_cast<double>(i) / gaps;
  }
  double y(std::size_t i, std::optional<double> place) const {
    if (!place) return area.bottom() + kFootRoom / 2;
    return area.bottom() - dimensions[i].axis.fraction(*place) * area.height;
  }
};

/// The metric as one more dimension.
Dimension metric_dimension(const Metric& metric, const std::vector<TrialPoint>& points) {
  Dimension dimension{.axis = axis_of_values(metric.name, values_of(points), 6), .places = {}};
  for (const TrialPoint& point : points) dimension.places.push_back(point.value);
  return dimension;
}

/// Which trials are drawn, the best ones last: all, or the better half of the room and an even
/// choice of the others.
std::vector<std::size_t> drawing_order(const std::vector<TrialPoint>& points,
                                       const Metric& metric) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (points[a].counts() != points[b].counts()) return points[b].counts();
    return points[a].counts() && metric.is_better(*points[b].value, *points[a].value);
  });
  if (order.size() <= kMostLines) return order;
  constexpr std::size_t kHalf = kMostLines / 2;
  const std::size_t others = order.size() - kHalf;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < kHalf; ++i) kept.push_back(order[i * others / kHalf]);
  kept.insert(kept.end(), order.end() - kHalf, order.end());
  return kept;
}

void draw_axis(SvgWriter& svg, const Axes& axes, std::size_t i) {
  const Axis& axis = axes.dimensions[i].axis;
  const bool is_last = i + 1 == axes.dimensions.size();
  const double x = axes.x(i);
  svg.line({x, axes.area.y}, {x, axes.area.bottom()},
           concat("stroke=\"", kInk, "\" stroke-width=\"", is_last ? "1.8" : "1", "\""));
  // Every second name stands higher, so that each has twice the room.
  const double head = axes.area.y - 10.0 - (i % 2 == 1 ? 15.0 : 0.0);
  svg.text({x, head}, cut_to_room(axis.label, 12.0, 1.8 * kAxisRoom),
           concat("font-size=\"12\" text-anchor=\"middle\" fill=\"", kInk, '"',
                  is_last ? " font-weight=\"bold\"" : ""));
  // A white rim keeps the texts readable on top of lines.
  svg.begin_group(concat("font-size=\"11\" fill=\"", kInk,
                         "\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\""));
  for (const Tick& tick : axis.range.ticks) {
    svg.text({x + 5.0, axes.y(i, tick.value) + 4.0},
             cut_to_room(tick.text, 11.0, kAxisRoom - 12.0));
  }
  svg.end_group();
}

/// A bar beside the metric's axis that shows which shade stands for which value.
void draw_shades(SvgWriter& svg, const Axes& axes, const Metric& metric) {
  constexpr int kSteps = 40;
  const double x = axes.area.right() - 10.0;
  const double height = axes.area.height / kSteps;
  for (int i = 0; i < kSteps; ++i) {
    const double fraction = (i + 0.5) / kSteps;
    const double goodness = metric.direction == hpo::Direction::kMinimize ? 1 - fraction : fraction;
    svg.rect({x, axes.area.bottom() - (i + 1) * height, 6.0, height + 0.5},
             concat("fill=\"", shade(goodness), "\""));
  }
}

void draw_line(SvgWriter& svg, const Axes& axes, const TrialPoint& point, std::size_t i,
               const Metric& metric, bool is_best) {
  std::vector<Point> line;
  for (std::size_t d = 0; d < axes.dimensions.size(); ++d) {
    line.push_back({axes.x(d), axes.y(d, axes.dimensions[d].places[i])});
  }
  if (!point.counts()) {
    svg.polyline(line, concat("stroke=\"", outcome_style(point.outcome).colour,
                              "\" stroke-width=\"0.9\" stroke-dasharray=\"3 3\""));
    return;
  }
  const double fraction = axes.dimensions.back().axis.fraction(*point.value);
  const double goodness = metric.direction == hpo::Direction::kMinimize ? 1 - fraction : fraction;
  svg.polyline(line, is_best ? concat("stroke=\"", kVermilion, "\" stroke-width=\"2.8\"")
                             : concat("stroke=\"", shade(goodness),
                                      "\" stroke-width=\"1.2\" stroke-opacity=\"0.75\""));
}

Heading make_heading(const Subject& subject, const Metric& metric,
                     const std::vector<TrialPoint>& points, std::size_t dimensions,
                     std::size_t drawn) {
  Heading heading{.title = "Parameters of " + subject.experiment.name};
  heading.notes.push_back("the darker, the better");
  if (dimensions > kMostAxes) {
    heading.notes.push_back(concat("the first ", kMostAxes, " of ", dimensions, " parameters"));
  }
  if (drawn < points.size()) {
    heading.notes.push_back(
        concat(drawn, " of ", points.size(), " trials: the best and an even choice of the others"));
  }
  for (const TrialPoint& best : best_points(points, metric, 1)) {
    heading.legend.push_back({{Shape::kLine, kVermilion, 3.5, ""},
                              concat("best: ", best.name, ' ', short_number(*best.value))});
  }
  for (const LegendEntry& entry : outcome_legend(points)) {
    MarkStyle line = entry.style;
    line.shape = Shape::kLine;
    line.dash = "3 3";
    if (!entry.text.starts_with(to_string(Outcome::kSucceeded)) &&
        !entry.text.starts_with(to_string(Outcome::kEarlyStopped))) {
      heading.legend.push_back({line, entry.text});
    }
  }
  return heading;
}

}  // namespace

std::string plot_parallel_coordinates(const Subject& subject, std::string_view metric_name) {
  const Metric metric = get_metric(subject.experiment.spec, metric_name);
  const std::vector<TrialPoint> points = read_points(subject, metric);
  std::vector<Dimension> dimensions = read_dimensions(subject);
  const std::size_t found = dimensions.size();
  if (found > kMostAxes) dimensions.resize(kMostAxes);
  dimensions.push_back(metric_dimension(metric, points));
  const std::vector<std::size_t> order = drawing_order(points, metric);
  const double width =
      std::max(kPlotWidth, kSideRoom + kScaleRoom +
                               kAxisRoom * static_cast<double>(dimensions.size() - 1) + 32.0);
  Page page(make_heading(subject, metric, points, found, order.size()), width, kPlotHeight);
  const Rect& body = page.body();
  const Axes axes{std::move(dimensions),
                  {body.x + kSideRoom, body.y + kHeadRoom, body.width - kSideRoom - kScaleRoom,
                   body.height - kHeadRoom - kFootRoom}};
  const auto best = best_points(points, metric, 1);
  for (const std::size_t i : order) {
    draw_line(page.svg(), axes, points[i], i, metric,
              !best.empty() && best.front().number == points[i].number);
  }
  draw_shades(page.svg(), axes, metric);
  for (std::size_t i = 0; i < axes.dimensions.size(); ++i) draw_axis(page.svg(), axes, i);
  page.svg().text({body.x, axes.area.bottom() + kFootRoom / 2 + 4.0}, "none",
                  concat("font-size=\"11\" fill=\"", kInk, "\""));
  if (points.empty()) page.say(axes.area, "no trials yet");
  return page.finish();
}

}  // namespace mimar::draw
