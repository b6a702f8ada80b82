#include "cli/run/screen_text.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/number_text.h"
#include "cli/table.h"
#include "cli/text.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentPhase;
using experiment::Trial;
using experiment::TrialPhase;
using experiment::TrialPurpose;

constexpr std::size_t kWidestBar = 30;
constexpr std::size_t kNarrowestBar = 6;
constexpr std::size_t kCurveWidth = 12;
constexpr std::size_t kMaxMetricColumns = 3;

/// "k3x9m2p4" of "enas-cifar-k3x9m2p4": enough to tell the trials of one experiment apart.
std::string short_name(std::string_view trial_name) {
  return std::string(trial_name.substr(trial_name.rfind('-') + 1));
}

/// Joins the parts that are not empty with three spaces.
std::string join(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!line.empty()) line += "   ";
    line += part;
  }
  return line;
}

std::string mark(const Trial& trial, const Style& style) {
  switch (trial.phase) {
    case TrialPhase::kSucceeded:
      return style.paint(Paint::kGood, style.glyph("✓", "+"));
    case TrialPhase::kEarlyStopped:
      return style.paint(Paint::kWarning, style.glyph("✂", "%"));
    case TrialPhase::kKilled:
      return style.paint(Paint::kWarning, style.glyph("■", "#"));
    case TrialPhase::kCreated:
    case TrialPhase::kRunning:
    case TrialPhase::kFailed:
    case TrialPhase::kMetricsUnavailable:
      break;
  }
  return style.paint(Paint::kBad, style.glyph("✗", "x"));
}

/// The objectives by their strategies; a retrained network may report other metrics only, so the
/// latest of each stand in for them.
std::string values_text(const experiment::ExperimentSpec& spec, const Trial& trial) {
  std::string text = objectives_text(spec, trial);
  if (!text.empty()) return text;
  for (const experiment::MetricSummary& metric : trial.metrics) {
    if (!text.empty()) text += "  ";
    text += metric.name + ' ' + shown_value(metric.latest);
  }
  return text;
}

/// "goal 0.95", or with several objectives "goals accuracy 0.95, latency-ms 20".
std::string goal_text(const experiment::ExperimentSpec& spec) {
  const bool has_several = spec.objectives.size() > 1;
  std::string text;
  for (const experiment::Objective& objective : spec.objectives) {
    if (!objective.goal) continue;
    text += text.empty() ? (has_several ? "goals " : "goal ") : ", ";
    text += (has_several ? objective.metric_name + ' ' : "") + format_metric(*objective.goal);
  }
  return text;
}

std::string head_line(const RunProgress& progress, TimePoint now, const ScreenLayout& layout) {
  const Style& style = layout.style;
  const auto& spec = progress.spec();
  const std::string state =
      progress.paused() ? style.paint(Paint::kWarning, "Paused")
                        : style.paint(paint_of(progress.phase()), to_string(progress.phase()));
  const std::string name = style.paint(Paint::kBold, progress.experiment_name()) + "  " + state;
  std::string count = concat(progress.num_done());
  if (spec.max_trial_count) count += concat('/', *spec.max_trial_count);
  count += " trials";
  const auto fraction = progress.fraction();
  const std::string percent = fraction ? concat(std::floor(*fraction * 100.0), '%') : "";
  std::string time = format_duration(now - progress.began_at());
  const bool goes_on = progress.phase() == ExperimentPhase::kRunning && !progress.paused();
  if (const auto left = progress.time_left(now); left && goes_on) {
    time += "  ETA " + format_duration(*left);
  }
  const std::string rest = join({percent, time, goal_text(spec)});
  const std::size_t taken = display_width(name) + display_width(count) + display_width(rest) + 9;
  const std::size_t room = layout.size.columns > taken ? layout.size.columns - taken : 0;
  const bool with_bar = fraction.has_value() && room >= kNarrowestBar;
  const std::string bar =
      with_bar ? style.paint(Paint::kAccent,
                             progress_bar(*fraction, std::min(room, kWidestBar), style.utf8)) +
                     "  "
               : "";
  return "  " + name + "  " + count + "  " + bar + rest;
}

std::string best_line(const RunProgress& progress, const ScreenLayout& layout) {
  const Style& style = layout.style;
  const auto& best = progress.best();
  const auto count = [](std::string_view what, auto number) {
    return number > 0 ? concat(what, ' ', number) : std::string();
  };
  const bool has_several = progress.spec().objectives.size() > 1;
  const std::string what =
      has_several ? "best " + progress.spec().objectives.front().metric_name + ' ' : "best ";
  return "  " + join({count("Pareto front", progress.front_size()),
                      best ? style.paint(Paint::kGood, what + format_metric(best->value)) + " (" +
                                 short_name(best->trial) + ")"
                           : concat("best ", style.dash()),
                      concat("running ", progress.running().size()),
                      count("stopped early", progress.num_early_stopped()),
                      count("failed", progress.num_failed()),
                      concat(layout.num_cores, layout.num_cores == 1 ? " core" : " cores")});
}

/// The metrics worth a column: the objectives, then what running trials report, the newest few.
std::vector<std::string> metric_columns(const RunProgress& progress) {
  std::vector<std::string> names;
  for (const experiment::Objective& objective : progress.spec().objectives) {
    if (names.size() < kMaxMetricColumns) names.push_back(objective.metric_name);
  }
  for (const std::string& name : progress.spec().metric_names()) {
    if (names.size() >= kMaxMetricColumns) break;
    const bool reported =
        std::any_of(progress.running().begin(), progress.running().end(),
                    [&](const RunningTrial& trial) { return trial.latest.contains(name); });
    if (reported && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> running_table(const RunProgress& progress, TimePoint now,
                                       std::size_t max_rows, const ScreenLayout& layout) {
  if (progress.running().empty() || max_rows < 2) return {};
  const std::vector<std::string> metrics = metric_columns(progress);
  std::vector<Column> columns = {{.title = "TRIAL"}, {.title = "STEP", .right_aligned = true}};
  for (const std::string& name : metrics) {
    columns.push_back({.title = upper(name), .right_aligned = true});
  }
  columns.push_back({.title = "ELAPSED", .right_aligned = true});
  columns.push_back({.title = "CURVE"});

  Table table(std::move(columns));
  const std::size_t num_running = progress.running().size();
  const std::size_t shown = num_running + 1 <= max_rows ? num_running : max_rows - 2;
  for (std::size_t i = 0; i < shown; ++i) {
    const RunningTrial& trial = progress.running()[i];
    std::vector<Cell> cells = {{.text = short_name(trial.name)},
                               {.text = trial.step ? concat(*trial.step) : ""}};
    for (const std::string& name : metrics) {
      const auto found = trial.latest.find(name);
      cells.push_back({.text = found == trial.latest.end() ? "" : shown_value(found->second)});
    }
    cells.push_back({.text = format_duration(now - trial.since)});
    cells.push_back({.text = sparkline(trial.curve, kCurveWidth, layout.style.utf8)});
    table.add_row(std::move(cells));
  }
  std::vector<std::string> lines;
  const std::string text = table.to_text(false, layout.style, 0);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back("  " + text.substr(at, end - at));
    at = end + 1;
  }
  if (shown < num_running) lines.push_back(concat("  and ", num_running - shown, " more"));
  return lines;
}

}  // namespace

std::string shown_value(std::string_view value) {
  constexpr std::size_t kWidest = 40;
  const auto number = find_double(value);
  return number ? format_metric(*number) : cut_to_width(value, kWidest, /*utf8=*/false);
}

std::string finished_line(const RunProgress& progress, const Trial& trial, bool is_best,
                          const ScreenLayout& layout) {
  const Style& style = layout.style;
  const auto& spec = progress.spec();
  std::vector<std::string> parts = {mark(trial, style) + ' ' + trial.name};
  if (trial.purpose == TrialPurpose::kRetrain) parts.emplace_back("retrained");
  if (trial.phase == TrialPhase::kSucceeded || trial.phase == TrialPhase::kEarlyStopped) {
    parts.push_back(values_text(spec, trial));
    parts.push_back(format_duration(elapsed(trial, trial.created_at)));
    if (is_best) {
      const bool has_several = spec.objectives.size() > 1;
      parts.push_back(style.paint(
          Paint::kGood, concat(style.glyph("★", "*"), has_several ? " Pareto front" : " best")));
    }
    if (trial.phase == TrialPhase::kEarlyStopped) parts.push_back("stopped early " + trial.message);
    if (const RunningTrial* running = progress.find_running(trial.name);
        running != nullptr && running->curve.size() > 1) {
      parts.push_back(sparkline(running->curve, kCurveWidth, style.utf8));
    }
    parts.push_back(style.paint(Paint::kDim, summarize_proposal(spec, trial, style.utf8)));
  } else {
    parts.push_back(trial.message.empty() ? trial.reason : trial.message);
    parts.push_back(style.paint(Paint::kDim, "mimar logs " + trial.name));
  }
  return cut_to_width(join(parts), layout.size.columns - 1, style.utf8);
}

std::vector<std::string> progress_block(const RunProgress& progress, TimePoint now,
                                        std::string_view hint, const ScreenLayout& layout) {
  const std::size_t rows = layout.size.rows > 1 ? layout.size.rows - 1 : 1;
  std::vector<std::string> lines;
  lines.emplace_back();
  lines.push_back(head_line(progress, now, layout));
  lines.push_back(best_line(progress, layout));
  const std::size_t fixed = lines.size() + 1;
  const auto table = running_table(progress, now, rows > fixed ? rows - fixed : 0, layout);
  lines.insert(lines.end(), table.begin(), table.end());
  lines.push_back("  " + layout.style.paint(Paint::kDim, hint));
  if (lines.size() > rows) lines.erase(lines.begin());  // the blank line goes first
  lines.resize(std::min(lines.size(), rows));
  for (std::string& line : lines) {
    line = cut_to_width(line, layout.size.columns > 1 ? layout.size.columns - 1 : 1,
                        layout.style.utf8);
  }
  return lines;
}

Paint paint_of(ExperimentPhase phase) {
  switch (phase) {
    case ExperimentPhase::kSucceeded:
      return Paint::kGood;
    case ExperimentPhase::kFailed:
      return Paint::kBad;
    case ExperimentPhase::kStopped:
      return Paint::kWarning;
    case ExperimentPhase::kRunning:
    case ExperimentPhase::kRetraining:
      return Paint::kAccent;
    case ExperimentPhase::kCreated:
      break;
  }
  return Paint::kPlain;
}

Paint paint_of(TrialPhase phase) {
  switch (phase) {
    case TrialPhase::kSucceeded:
      return Paint::kGood;
    case TrialPhase::kFailed:
    case TrialPhase::kMetricsUnavailable:
      return Paint::kBad;
    case TrialPhase::kEarlyStopped:
    case TrialPhase::kKilled:
      return Paint::kWarning;
    case TrialPhase::kRunning:
      return Paint::kAccent;
    case TrialPhase::kCreated:
      break;
  }
  return Paint::kPlain;
}

}  // namespace mimar::cli
