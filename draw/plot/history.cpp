// plot_history.

#include <algorithm>

#include "base/error.h"
#include "draw/page.h"
#include "draw/plot/several.h"
#include "draw/plots.h"

namespace mimar::draw {
namespace {

constexpr std::size_t kMostHints = 500;

/// The best-so-far line as steps: across at the old value, then up or down to the new one.
std::vector<Point> steps(const Panel& panel, std::span<const std::optional<double>> best) {
  std::vector<Point> line;
  for (std::size_t i = 0; i < best.size(); ++i) {
    if (!best[i] || (i > 0 && best[i] == best[i - 1])) continue;
    const Point at = panel.at(static_cast<double>(i), *best[i]);
    if (!line.empty()) line.push_back({at.x, line.back().y});
    line.push_back(at);
  }
  if (!line.empty()) {
    line.push_back({panel.at(static_cast<double>(best.size() - 1), 0.0).x, line.back().y});
  }
  return line;
}

/// Marks of those points that `wanted` accepts; in the strip where they have no value.
template <class Wanted>
std::vector<Mark> marks_of(const Panel& panel, const Series& series, const Metric& metric,
                           const Wanted& wanted) {
  std::vector<Mark> marks;
  const bool hints = series.points.size() <= kMostHints;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const TrialPoint& point = series.points[i];
    if (!wanted(point)) continue;
    const auto x = static_cast<double>(i);
    marks.push_back({point.value ? panel.at(x, *point.value) : panel.in_strip(x),
                     hints ? hint_of(point, metric) : std::string()});
  }
  return marks;
}

/// Draws the marks of one look, thinned.
void draw_thinned(SvgWriter& svg, const MarkStyle& style, std::vector<Mark> marks) {
  thin_marks(marks);
  draw_marks(svg, style, marks);
}

void draw_one(SvgWriter& svg, const Panel& panel, const Series& series, const Metric& metric) {
  for (const Outcome outcome :
       {Outcome::kOpen, Outcome::kKilled, Outcome::kFailed, Outcome::kInfeasible,
        Outcome::kEarlyStopped, Outcome::kSucceeded}) {
    draw_thinned(svg, outcome_style(outcome),
                 marks_of(panel, series, metric,
                          [outcome](const TrialPoint& point) { return point.outcome == outcome; }));
  }
}

const MarkStyle kBestLine = {Shape::kLine, kBlack, 3.5, ""};

/// A ring around the best point.
void ring_the_best(SvgWriter& svg, const Panel& panel, const Series& series, const Metric& metric) {
  for (const TrialPoint& best : best_points(series.points, metric, 1)) {
    const auto at =
        std::find_if(series.points.begin(), series.points.end(),
                     [&best](const auto& point) { return point.number == best.number; });
    const auto x = static_cast<double>(at - series.points.begin());
    draw_marks(svg, {Shape::kHalo, kBlack, 7.0, ""},
               std::vector<Mark>{{panel.at(x, *best.value), {}}});
  }
}

Heading make_heading(const std::vector<Series>& all, const Metric& metric) {
  Heading heading{.title = several_title("Optimisation history", all)};
  if (all.size() == 1) {
    const std::vector<TrialPoint>& points = all.front().points;
    heading.legend = outcome_legend(points);
    heading.legend.push_back({kBestLine, "best so far"});
    if (!points.empty()) {
      const auto best = best_points(points, metric, 1);
      heading.notes.push_back(best.empty() ? "no trial has a value that counts"
                                           : "best: " + hint_of(best.front(), metric));
    }
    if (points.size() > kMostMarks) {
      heading.notes.push_back("where marks would cover each other, only the latest is drawn");
    }
  } else {
    heading.legend = several_legend(all);
    heading.notes.push_back("marks: trials with a value; lines: the best so far");
  }
  return heading;
}

}  // namespace

std::string plot_history(std::span<const Subject> subjects, std::string_view metric_name) {
  const Metric metric = common_metric(subjects, metric_name);
  const std::vector<Series> all = read_series(subjects, metric);
  std::size_t longest = 0;
  std::vector<double> values;
  bool has_gaps = false;
  for (const Series& series : all) {
    longest = std::max(longest, series.points.size());
    const std::vector<double> own = values_of(series.points);
    has_gaps |= own.size() < series.points.size();
    values.insert(values.end(), own.begin(), own.end());
  }
  Page page(make_heading(all, metric), kPlotWidth, kPlotHeight);
  const Panel panel(
      page.body(),
      axis_of_whole("trial number", 0.0, std::max(1.0, static_cast<double>(longest) - 1.0), 10),
      axis_of_values(metric.axis_label(), values, 7), has_gaps && all.size() == 1);
  panel.draw(page.svg());
  for (const Series& series : all) {
    if (all.size() == 1) {
      draw_one(page.svg(), panel, series, metric);
    } else {
      MarkStyle style = series.style;
      style.radius *= 0.75;
      draw_thinned(page.svg(), style, marks_of(panel, series, metric, [](const TrialPoint& point) {
                     return point.value.has_value();
                   }));
    }
  }
  for (const Series& series : all) {
    page.svg().polyline(steps(panel, best_so_far(series.points, metric)),
                        line_attributes(all.size() == 1 ? kBestLine : series.style));
  }
  if (all.size() == 1) ring_the_best(page.svg(), panel, all.front(), metric);
  if (longest == 0) page.say(panel.area(), "no trials yet");
  return page.finish();
}

}  // namespace mimar::draw
