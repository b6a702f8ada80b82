// plot_slice.

#include <algorithm>
#include <functional>
#include <map>

#include "base/error.h"
#include "draw/dimensions.h"
#include "draw/page.h"
#include "draw/plots.h"

namespace mimar::draw {
namespace {

constexpr std::size_t kMostPanels = 16;
constexpr std::size_t kPerRow = 4;
constexpr std::size_t kMostMarksOfPanel = 400;
constexpr double kPanelHeight = 210.0;

void draw_panel(SvgWriter& svg, const Panel& panel, const Dimension& dimension,
                const std::vector<TrialPoint>& points) {
  panel.draw(svg);
  std::map<Outcome, std::vector<Mark>, std::greater<>> marks;  // what succeeded comes on top
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!points[i].value || !dimension.places[i]) continue;
    marks[points[i].outcome].push_back({panel.at(*dimension.places[i], *points[i].value), {}});
  }
  for (auto& [outcome, of_outcome] : marks) {
    thin_marks(of_outcome, kMostMarksOfPanel);
    MarkStyle style = outcome_style(outcome);
    style.radius *= 0.8;
    draw_marks(svg, style, of_outcome);
  }
}

Heading make_heading(const Subject& subject, const Metric& metric,
                     const std::vector<TrialPoint>& points, std::size_t found) {
  std::vector<TrialPoint> with_value;
  for (const TrialPoint& point : points) {
    if (point.value) with_value.push_back(point);
  }
  Heading heading{.title = concat(metric.name, " by each parameter, ", subject.experiment.name),
                  .legend = outcome_legend(with_value)};
  if (with_value.size() < points.size()) {
    heading.notes.push_back(
        concat(points.size() - with_value.size(), " trials without a value are left out"));
  }
  if (found > kMostPanels) {
    heading.notes.push_back(concat("the first ", kMostPanels, " of ", found, " parameters"));
  }
  if (with_value.size() > kMostMarksOfPanel) {
    heading.notes.push_back("where marks would cover each other, only the latest is drawn");
  }
  return heading;
}

}  // namespace

std::string plot_slice(const Subject& subject, std::string_view metric_name) {
  const Metric metric = get_metric(subject.experiment.spec, metric_name);
  const std::vector<TrialPoint> points = read_points(subject, metric);
  std::vector<Dimension> dimensions = read_dimensions(subject);
  const std::size_t found = dimensions.size();
  if (found > kMostPanels) dimensions.resize(kMostPanels);
  const std::size_t columns = std::clamp<std::size_t>(dimensions.size(), 1, kPerRow);
  const std::size_t rows = std::max<std::size_t>(1, (dimensions.size() + columns - 1) / columns);
  Page page(make_heading(subject, metric, points, found), 1000.0,
            kPanelHeight * static_cast<double>(rows));
  const std::vector<double> values = values_of(points);
  const double width = page.body().width / static_cast<double>(columns);
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    const bool is_first = i % columns == 0;
    Axis y = axis_of_values(is_first ? metric.name : "", values, 5);
    if (!is_first && y.log) y.label.clear();
    const Panel panel({page.body().x + static_cast<double>(i % columns) * width,
                       page.body().y + static_cast<double>(i / columns) * kPanelHeight, width,
                       kPanelHeight - 10.0},
                      dimensions[i].axis, std::move(y));
    draw_panel(page.svg(), panel, dimensions[i], points);
  }
  if (values.empty()) page.say(page.body(), "no trial has a value yet");
  return page.finish();
}

}  // namespace mimar::draw
