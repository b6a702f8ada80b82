// plot_edf.

#include <algorithm>

#include "base/error.h"
#include "draw/page.h"
#include "draw/plot/several.h"
#include "draw/plots.h"

namespace mimar::draw {
namespace {

constexpr std::size_t kMostSteps = 400;

/// The distribution of `values` as steps from the left end of the panel to its right end.
std::vector<Point> distribution(const Panel& panel, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  std::vector<Point> line = {panel.at(panel.x_axis().range.low, 0.0)};
  // With very many values, some of the steps show the same curve.
  const std::size_t stride = std::max<std::size_t>(1, values.size() / kMostSteps);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % stride != 0 && i + 1 != values.size()) continue;
    const Point at = panel.at(values[i], static_cast<double>(i + 1) / count);
    line.push_back({at.x, line.back().y});
    line.push_back(at);
  }
  line.push_back({panel.area().right(), line.back().y});
  return line;
}

}  // namespace

std::string plot_edf(std::span<const Subject> subjects, std::string_view metric_name) {
  const Metric metric = common_metric(subjects, metric_name);
  const std::vector<Series> all = read_series(subjects, metric);
  std::vector<double> values;
  for (const Series& series : all) {
    const std::vector<double> own = values_of(series.points);
    values.insert(values.end(), own.begin(), own.end());
  }
  Page page({.title = several_title("Distribution of values", all),
             .notes = {"trials without a value are left out"},
             .legend = several_legend(all)},
            kPlotWidth, kPlotHeight);
  const std::vector<double> shares = {0.0, 1.0};
  const Panel panel(page.body(), axis_of_values(metric.axis_label(), values, 9),
                    axis_of_values("share of trials with at most this value", shares, 6));
  panel.draw(page.svg());
  for (const Series& series : all) {
    const std::vector<double> own = values_of(series.points);
    if (own.empty()) continue;
    page.svg().polyline(distribution(panel, own), line_attributes(series.style));
  }
  if (values.empty()) page.say(panel.area(), "no trial has a value yet");
  return page.finish();
}

}  // namespace mimar::draw
