#include "cli/verbs/plot.h"

#include <algorithm>

#include "base/error.h"
#include "cli/lookup.h"
#include "cli/output_file.h"
#include "cli/verbs/listing.h"
#include "draw/plots.h"

namespace mimar::cli {
namespace {

using draw::PlotKind;
using experiment::StoredExperiment;
using experiment::Trial;

/// An experiment with its trials, as loaded.
struct Loaded {
  StoredExperiment stored;
  std::vector<Trial> trials;

  draw::Subject subject() const { return {stored.experiment, trials}; }
};

bool takes_several(PlotKind kind) { return kind == PlotKind::kHistory || kind == PlotKind::kEdf; }

std::vector<Loaded> load(experiment::Store& store, const PlotOptions& options) {
  std::vector<Loaded> all;
  for (const std::string& name : options.experiments) {
    StoredExperiment stored = get_experiment(store, name);
    std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
    all.push_back({std::move(stored), std::move(trials)});
  }
  return all;
}

std::string draw_one(Context& context, PlotKind kind, const Loaded& loaded,
                     const PlotOptions& options) {
  const draw::Subject subject = loaded.subject();
  const std::string metric = options.metrics.empty() ? std::string() : options.metrics.front();
  switch (kind) {
    case PlotKind::kCurves:
      return draw::plot_curves(subject, metric, [&](hpo::TrialId trial) {
        return context.store_to_read().list_observations(loaded.stored.experiment.uid, trial);
      });
    case PlotKind::kTimeline:
      return draw::plot_timeline(subject, last_moment(context, loaded.stored, loaded.trials));
    case PlotKind::kPareto:
      return draw::plot_pareto(subject, metric,
                               options.metrics.size() > 1 ? options.metrics[1] : std::string());
    case PlotKind::kParallelCoordinates:
      return draw::plot_parallel_coordinates(subject, metric);
    case PlotKind::kSlice:
      return draw::plot_slice(subject, metric);
    case PlotKind::kHistory:
    case PlotKind::kEdf:
      break;
  }
  fail(ErrorCode::kInternal, "no single plot: ", options.kind);
}

std::string draw_several(PlotKind kind, const std::vector<Loaded>& all,
                         const PlotOptions& options) {
  std::vector<draw::Subject> subjects;
  for (const Loaded& loaded : all) subjects.push_back(loaded.subject());
  const std::string metric = options.metrics.empty() ? std::string() : options.metrics.front();
  return kind == PlotKind::kHistory ? draw::plot_history(subjects, metric)
                                    : draw::plot_edf(subjects, metric);
}

}  // namespace

TimePoint last_moment(Context& context, const StoredExperiment& stored,
                      const std::vector<Trial>& trials) {
  if (runs_now(context, stored)) return context.clock().now();
  TimePoint last = stored.state.created_at;
  for (const Trial& trial : trials) {
    for (const auto& time : {trial.started_at, trial.last_report_at, trial.finished_at}) {
      if (time) last = std::max(last, *time);
    }
  }
  return last;
}

ExitCode plot(Context& context, const PlotOptions& options) {
  const PlotKind kind = draw::parse_plot_kind(options.kind);
  require(takes_several(kind) || options.experiments.size() == 1, "a ", options.kind,
          " plot shows one experiment; history and edf show several");
  const std::size_t most_metrics = kind == PlotKind::kPareto ? 2 : 1;
  require(options.metrics.size() <= most_metrics, "a ", options.kind, " plot shows ",
          most_metrics == 1 ? "one metric" : "two metrics", ", not ", options.metrics.size());
  require(kind != PlotKind::kTimeline || options.metrics.empty(),
          "a timeline shows no metric; leave --metric out");
  const std::vector<Loaded> all = load(context.store_to_read(), options);
  write_text(context, options.out,
             takes_several(kind) ? draw_several(kind, all, options)
                                 : draw_one(context, kind, all.front(), options));
  return kDone;
}

}  // namespace mimar::cli
