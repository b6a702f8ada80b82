#include "draw/plot/several.h"

#include <algorithm>

#include "base/error.h"

namespace mimar::draw {

Metric common_metric(std::span<const Subject> subjects, std::string_view name) {
  require(!subjects.empty(), "a plot needs an experiment");
  const Metric metric = get_metric(subjects.front().experiment.spec, name);
  for (const Subject& subject : subjects.subspan(1)) {
    const std::vector<std::string> known = subject.experiment.spec.metric_names();
    require(std::find(known.begin(), known.end(), metric.name) != known.end(), "experiment \"",
            subject.experiment.name, "\" reads no metric \"", metric.name, "\" as \"",
            subjects.front().experiment.name, "\" does; name one that all read with --metric");
    const Metric own = get_metric(subject.experiment.spec, name.empty() ? metric.name : name);
    require(own.direction == metric.direction, "experiments \"", subjects.front().experiment.name,
            "\" and \"", subject.experiment.name, "\" optimise \"", metric.name,
            "\" in different directions");
  }
  return metric;
}

std::vector<Series> read_series(std::span<const Subject> subjects, const Metric& metric) {
  std::vector<Series> all;
  for (const Subject& subject : subjects) {
    Metric own = metric;
    own.strategy = get_metric(subject.experiment.spec, metric.name).strategy;
    all.push_back({subject.experiment.name, read_points(subject, own), series_style(all.size())});
  }
  return all;
}

std::string several_title(std::string_view what, std::span<const Series> all) {
  if (all.size() == 1) return concat(what, " of ", all.front().name);
  return concat(what, " of ", all.size(), " experiments");
}

std::vector<LegendEntry> several_legend(std::span<const Series> all) {
  std::vector<LegendEntry> legend;
  for (const Series& series : all) {
    const std::size_t with_value = values_of(series.points).size();
    const std::size_t without = series.points.size() - with_value;
    MarkStyle line = series.style;
    line.shape = Shape::kLine;
    legend.push_back(
        {line, concat(series.name, " (", series.points.size(), " trials",
                      without > 0 ? concat(", ", without, " without value") : "", ')')});
  }
  return legend;
}

}  // namespace mimar::draw
