#include "cli/run/summary.h"

#include <algorithm>
#include <sstream>

#include "base/number_text.h"
#include "cli/run/progress.h"
#include "cli/run/screen_text.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "experiment/one_shot.h"
#include "experiment/reconcile.h"
#include "local/local_runner.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentPhase;
using experiment::StoredExperiment;
using experiment::Trial;
using experiment::TrialPurpose;

constexpr std::size_t kMaxFiles = 6;
constexpr std::size_t kMaxFront = 10;

/// Every metric by its strategy, the objectives first.
std::string metrics_text(const experiment::ExperimentSpec& spec, const Trial& trial) {
  std::string text = objectives_text(spec, trial);
  for (const experiment::MetricSummary& metric : trial.metrics) {
    const auto value =
        experiment::chosen_value(trial.metrics, metric.name, spec.strategy_of(metric.name));
    const bool is_shown = std::any_of(
        spec.objectives.begin(), spec.objectives.end(),
        [&](const auto& objective) { return value && objective.metric_name == metric.name; });
    constexpr std::size_t kLongestText = 40;  // what is longer is a network, and drawn below
    if (is_shown || (!value && metric.latest.size() > kLongestText)) continue;
    if (!text.empty()) text += "  ";
    text += metric.name + ' ' + (value ? format_metric(*value) : shown_value(metric.latest));
  }
  return text;
}

/// The trade-offs found, when there are several objectives.
void write_front(std::ostream& out, Context& context, const StoredExperiment& stored,
                 const std::vector<Trial>& trials) {
  const experiment::ExperimentSpec& spec = stored.experiment.spec;
  if (spec.objectives.size() == 1) return;
  const auto front = experiment::pareto_front(spec, trials);
  std::vector<std::pair<std::string, std::string>> lines;
  for (const hpo::TrialId number : front) {
    if (lines.size() == kMaxFront) break;
    const Trial& trial = trials.at(static_cast<std::size_t>(number));
    lines.emplace_back(trial.name, objectives_text(spec, trial));
  }
  if (lines.empty()) return;
  out << '\n'
      << context.out_style().paint(Paint::kBold, "Pareto front") << "  " << front.size()
      << (front.size() == 1 ? " trial\n" : " trials\n") << aligned_lines(lines, 2, context.width());
  if (front.size() > lines.size()) out << "  and " << front.size() - lines.size() << " more\n";
}

void write_head(std::ostream& out, const Style& style, const StoredExperiment& stored,
                const std::vector<Trial>& trials) {
  const auto& [experiment, state] = stored;
  const auto is_search = [](const Trial& trial) { return trial.purpose == TrialPurpose::kSearch; };
  const auto num_done = std::count_if(trials.begin(), trials.end(), [&](const Trial& trial) {
    return is_search(trial) && experiment::is_final(trial.phase);
  });
  const auto num_succeeded = std::count_if(trials.begin(), trials.end(), [&](const Trial& trial) {
    return is_search(trial) && trial.phase == experiment::TrialPhase::kSucceeded;
  });
  out << '\n'
      << style.paint(Paint::kBold, experiment.name) << "  "
      << style.paint(paint_of(state.phase), to_string(state.phase)) << "  " << num_done;
  if (experiment.spec.max_trial_count) out << '/' << *experiment.spec.max_trial_count;
  out << " trials, " << num_succeeded << " succeeded";
  if (state.started_at && state.finished_at) {
    out << ", in " << format_duration(*state.finished_at - *state.started_at);
  }
  if (!state.reason.empty()) out << "  (" << state.reason << ')';
  out << '\n';
  if (state.phase == ExperimentPhase::kFailed && !state.message.empty()) {
    out << "  " << state.message << '\n';
  }
}

void write_files(std::ostream& out, const std::filesystem::path& trial_dir) {
  const auto files = artefacts(trial_dir);
  for (std::size_t i = 0; i < std::min(files.size(), kMaxFiles); ++i) {
    out << "  file  " << files[i].string() << '\n';
  }
  if (files.size() > kMaxFiles) {
    out << "  and " << files.size() - kMaxFiles << " more in " << trial_dir.string() << '\n';
  }
}

void write_trial(std::ostream& out, Context& context, const StoredExperiment& stored,
                 const Trial& trial, std::string_view title) {
  const Style& style = context.out_style();
  out << '\n'
      << style.paint(Paint::kBold, title) << "  " << trial.name << "\n  "
      << style.paint(Paint::kGood, metrics_text(stored.experiment.spec, trial)) << '\n';
  write_files(out, local::trial_dir(context.state_dir(), stored.experiment.name, trial.name));
}

void write_next(std::ostream& out, Context& context, const StoredExperiment& stored,
                const std::optional<std::string>& best) {
  const std::string& name = stored.experiment.name;
  std::vector<std::pair<std::string, std::string>> lines;
  if (stored.state.phase == ExperimentPhase::kStopped) {
    lines.emplace_back("mimar resume " + name, "go on from here");
  }
  if (best && stored.experiment.spec.objectives.size() > 1) {
    lines.emplace_back("mimar best " + name + " --pareto", "the trade-offs found");
  }
  if (best) {
    lines.emplace_back("mimar best " + name + " -o args", "the best trial as program arguments");
    if (stored.experiment.spec.graph) {
      lines.emplace_back("mimar arch show " + name, "its network, with counts");
    }
    lines.emplace_back("mimar logs " + *best, "what it printed");
  }
  lines.emplace_back("mimar describe experiment " + name, "everything about the experiment");
  lines.emplace_back("mimar get trials --experiment " + name, "all trials");
  out << '\n'
      << context.out_style().paint(Paint::kBold, "Next") << '\n'
      << aligned_lines(lines, 2, std::max<std::size_t>(context.width(), 100));
}

}  // namespace

std::string run_summary(Context& context, const StoredExperiment& stored,
                        const std::vector<Trial>& trials) {
  std::ostringstream out;
  const experiment::ExperimentSpec& spec = stored.experiment.spec;
  const Style& style = context.out_style();
  write_head(out, style, stored, trials);

  std::optional<std::string> best_name;
  if (const auto number = experiment::best_trial(spec, trials)) {
    const Trial& best = trials.at(static_cast<std::size_t>(*number));
    best_name = best.name;
    write_front(out, context, stored, trials);
    const std::string by =
        spec.objectives.size() > 1 ? " by " + spec.objectives.front().metric_name : "";
    write_trial(out, context, stored, best, "Best trial" + by);
    out << aligned_lines(hyperparameters(spec, best), 2, context.width());
    if (const auto architecture = find_architecture(spec, best)) {
      out << '\n'
          << indented(
                 space::draw_text(*architecture, static_cast<int>(context.width()) - 2, style.utf8),
                 2);
    }
  }
  for (const Trial& trial : trials) {
    if (trial.purpose == TrialPurpose::kRetrain && experiment::is_final(trial.phase)) {
      write_trial(out, context, stored, trial, "Retrained");
    }
  }
  write_next(out, context, stored, best_name);
  return out.str();
}

}  // namespace mimar::cli
