// `mimar report`.

#include <ostream>
#include <sstream>

#include "base/error.h"
#include "cli/lookup.h"
#include "cli/output_file.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "cli/verbs/plot.h"
#include "draw/graph/graph.h"
#include "draw/plots.h"
#include "experiment/one_shot.h"
#include "experiment/parse.h"

namespace mimar::cli {
namespace {

using experiment::StoredExperiment;
using experiment::Trial;

constexpr std::size_t kBestRows = 20;

/// The page. Well-formed XML as well as HTML, so that any tool reads it; no scripts, nothing from
/// elsewhere.
class HtmlPage {
 public:
  explicit HtmlPage(const std::string& title) {
    out_
        << "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
           "<meta charset=\"utf-8\"/>\n<title>"
        << draw::escape_xml(title)
        << "</title>\n<style>body{font-family:Helvetica,Arial,sans-serif;max-width:1040px;"
           "margin:2em auto;color:#222}table{border-collapse:collapse}td,th{text-align:left;"
           "padding:3px 14px 3px 0;border-bottom:1px solid #ddd}pre{background:#f6f6f6;"
           "padding:1em;overflow-x:auto}svg{max-width:100%;height:auto}</style>\n</head>\n<body>\n";
    heading(1, title);
  }

  void heading(int level, std::string_view text) {
    out_ << "<h" << level << '>' << draw::escape_xml(text) << "</h" << level << ">\n";
  }
  void begin_table(const std::vector<std::string>& headings) {
    out_ << "<table>\n";
    if (!headings.empty()) row(headings, "th");
  }
  void row(const std::vector<std::string>& cells, const char* element = "td") {
    out_ << "<tr>";
    for (const std::string& cell : cells) {
      out_ << '<' << element << '>' << draw::escape_xml(cell) << "</" << element << '>';
    }
    out_ << "</tr>\n";
  }
  void end_table() { out_ << "</table>\n"; }
  void drawing(std::string_view svg) { out_ << svg; }
  void preformatted(std::string_view text) {
    out_ << "<pre>" << draw::escape_xml(text) << "</pre>\n";
  }

  std::string finish() {
    out_ << "</body>\n</html>\n";
    return out_.str();
  }

 private:
  std::ostringstream out_;
};

void add_results(HtmlPage& page, const StoredExperiment& stored, const draw::Metric& metric,
                 const std::vector<draw::TrialPoint>& points) {
  const auto& [experiment, state] = stored;
  page.begin_table({});
  page.row(
      {"state", concat(to_string(state.phase), state.reason.empty() ? "" : ", ", state.reason)});
  page.row({"objective", metric.axis_label()});
  page.row({"algorithm", experiment.spec.algorithm.name});
  page.row({"seed", concat(experiment.seed())});
  for (const draw::LegendEntry& entry : draw::outcome_legend(points))
    page.row({"trials", entry.text});
  page.row({"begun", state.started_at ? to_rfc3339(*state.started_at) : "not yet"});
  if (state.finished_at) page.row({"ended", to_rfc3339(*state.finished_at)});
  page.end_table();
}

void add_best_table(HtmlPage& page, const StoredExperiment& stored,
                    const std::vector<Trial>& trials, const draw::Metric& metric,
                    const std::vector<draw::TrialPoint>& best) {
  const auto& spec = stored.experiment.spec;
  std::vector<std::string> headings = {"trial", "number", metric.name};
  for (const space::Parameter& parameter : spec.parameters) headings.push_back(parameter.name);
  if (spec.graph) headings.emplace_back("network");
  page.begin_table(headings);
  for (const draw::TrialPoint& point : best) {
    const Trial& trial = trials.at(static_cast<std::size_t>(point.number));
    std::vector<std::string> cells = {point.name, concat(point.number),
                                      format_metric(*point.value)};
    for (const space::Parameter& parameter : spec.parameters) {
      cells.push_back(value_text(trial, parameter.name));
    }
    if (const auto architecture = find_architecture(spec, trial)) {
      cells.push_back(space::summary(*architecture));
    }
    page.row(cells);
  }
  page.end_table();
}

void add_plots(HtmlPage& page, Context& context, const StoredExperiment& stored,
               const std::vector<Trial>& trials) {
  const draw::Subject subject{stored.experiment, trials};
  page.drawing(draw::plot_history(std::vector{subject}, ""));
  if (stored.experiment.spec.objectives.size() > 1) {
    page.drawing(draw::plot_pareto(subject, "", ""));
  }
  page.drawing(draw::plot_curves(subject, "", [&](hpo::TrialId trial) {
    return context.store_to_read().list_observations(stored.experiment.uid, trial);
  }));
  page.drawing(draw::plot_parallel_coordinates(subject, ""));
  page.drawing(draw::plot_slice(subject, ""));
  page.drawing(draw::plot_timeline(subject, last_moment(context, stored, trials)));
}

}  // namespace

ExitCode report(Context& context, const ReportOptions& options) {
  experiment::Store& store = context.store_to_read();
  const StoredExperiment stored = get_experiment(store, options.experiment);
  const std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
  const auto& spec = stored.experiment.spec;
  const draw::Metric metric = draw::get_metric(spec, "");
  const auto points = draw::read_points({stored.experiment, trials}, metric);
  const auto best = draw::best_points(points, metric, kBestRows);

  HtmlPage page(stored.experiment.name);
  add_results(page, stored, metric, points);
  if (!best.empty()) {
    page.heading(2, "Best trials");
    add_best_table(page, stored, trials, metric, best);
    const Trial& first = trials.at(static_cast<std::size_t>(best.front().number));
    if (const auto architecture = find_architecture(spec, first)) {
      page.drawing(draw::to_svg(draw::graphs_of(*architecture), "Network of " + first.name));
    }
  }
  page.heading(2, "Plots");
  add_plots(page, context, stored, trials);
  page.heading(2, "File");
  page.preformatted(experiment::to_yaml(stored.experiment.object));
  write_text(context, options.out, page.finish());
  return kDone;
}

}  // namespace mimar::cli
