#include "cli/run/run_event.h"

#include <array>
#include <cmath>
#include <ctime>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentPhase;
using experiment::Trial;
using experiment::TrialPhase;
using experiment::TrialPurpose;

/// Nan and infinities have no JSON number: they are texts, as in trials' reports.
Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(to_text(value)); }

/// A metric's text as the number it stands for, exactly as it was reported.
Json metric_json(std::string_view text) {
  const auto number = find_double(text);
  return number ? number_json(*number) : Json(std::string(text));
}

std::string local_time(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 16> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
  return {text.data(), length};
}

std::string value_text(const Json& value) {
  if (value.is_number_float()) return to_text(value.get<double>());
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  const bool plain = !text.empty() && text.find_first_of(" \t\r\n\"=") == std::string::npos;
  return plain ? text : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Seconds to the millisecond: the fields "elapsed" and "eta".
Json seconds_json(std::chrono::microseconds duration) {
  return std::round(std::chrono::duration<double, std::milli>(duration).count()) / 1000.0;
}

/// Whole seconds for people's eyes, tenths while they matter.
std::string seconds_text(double seconds) {
  if (seconds < 10.0) return concat(std::round(seconds * 10.0) / 10.0, 's');
  return concat(std::llround(seconds), 's');
}

std::string field_text(const std::string& key, const Json& value) {
  if (key == "max") return '/' + value.dump();  // after "done"
  if (key == "elapsed" || key == "eta") return ' ' + key + '=' + seconds_text(value);
  if (!value.is_object()) return ' ' + key + '=' + value_text(value);
  std::string text;
  for (const auto& [name, entry] : value.items()) text += ' ' + name + '=' + value_text(entry);
  return text;
}

std::string_view end_name(TrialPhase phase) {
  switch (phase) {
    case TrialPhase::kSucceeded:
      return "succeeded";
    case TrialPhase::kEarlyStopped:
      return "early-stopped";
    case TrialPhase::kMetricsUnavailable:
      return "metrics-unavailable";
    case TrialPhase::kKilled:
      return "killed";
    case TrialPhase::kFailed:
    case TrialPhase::kCreated:
    case TrialPhase::kRunning:
      break;
  }
  return "failed";
}

std::string_view verb_of(ExperimentPhase phase) {
  switch (phase) {
    case ExperimentPhase::kCreated:
      return "experiment-created";
    case ExperimentPhase::kRunning:
      return "experiment-running";
    case ExperimentPhase::kRetraining:
      return "experiment-retraining";
    case ExperimentPhase::kSucceeded:
      return "experiment-succeeded";
    case ExperimentPhase::kFailed:
      return "experiment-failed";
    case ExperimentPhase::kStopped:
      return "experiment-stopped";
  }
  return "experiment-changed";
}

std::string prefix_of(const Trial& trial) {
  return trial.purpose == TrialPurpose::kRetrain ? "retrain-" : "trial-";
}

void add_done(RunEvent& event, const RunProgress& progress) {
  event.fields.emplace_back("done", progress.num_done());
  if (const auto& max = progress.spec().max_trial_count) event.fields.emplace_back("max", *max);
}

/// A text may be a whole network, and events are lines that people read.
bool is_short(const std::string& latest) {
  constexpr std::size_t kLongest = 80;
  return latest.size() <= kLongest;
}

/// Every metric by its strategy, the objectives first; long texts are left out.
Json metrics_json(const experiment::ExperimentSpec& spec, const Trial& trial) {
  Json metrics = Json::object();
  const auto add = [&](const std::string& name, const std::string& latest) {
    const auto value = experiment::chosen_value(trial.metrics, name, spec.strategy_of(name));
    if (!value && !is_short(latest)) return;
    metrics[name] = value ? number_json(*value) : metric_json(latest);
  };
  for (const experiment::Objective& objective : spec.objectives) {
    for (const experiment::MetricSummary& metric : trial.metrics) {
      if (metric.name == objective.metric_name) add(metric.name, metric.latest);
    }
  }
  for (const experiment::MetricSummary& metric : trial.metrics) {
    if (!metrics.contains(metric.name)) add(metric.name, metric.latest);
  }
  return metrics;
}

void add_best(RunEvent& event, const RunProgress& progress) {
  if (!progress.best()) return;
  event.fields.emplace_back("best", number_json(progress.best()->value));
  event.fields.emplace_back("bestTrial", progress.best()->trial);
  if (progress.front_size() > 0) event.fields.emplace_back("front", progress.front_size());
}

/// How far the final training is: it may take longer than the whole search.
void add_training(RunEvent& event, const RunProgress& progress) {
  if (progress.running().empty()) return;
  const RunningTrial& trial = progress.running().front();
  event.fields.emplace_back("trial", trial.name);
  if (trial.step) event.fields.emplace_back("step", *trial.step);
  if (trial.latest.empty()) return;
  Json metrics = Json::object();
  for (const auto& [name, value] : trial.latest) {
    if (is_short(value)) metrics[name] = metric_json(value);
  }
  event.fields.emplace_back("metrics", std::move(metrics));
}

}  // namespace

std::string to_line(const RunEvent& event) {
  std::string line = local_time(event.time) + ' ' + event.name;
  for (const auto& [key, value] : event.fields) line += field_text(key, value);
  return line;
}

Json to_json(const RunEvent& event) {
  Json object = {{"time", to_rfc3339(event.time)}, {"event", event.name}};
  for (const auto& [key, value] : event.fields) object[key] = value;
  return object;
}

RunEvent run_began_event(const RunProgress& progress, TimePoint now) {
  RunEvent event{.time = now, .name = "run-began"};
  event.fields = {{"experiment", progress.experiment_name()},
                  {"algorithm", progress.spec().algorithm.name},
                  {"parallel", progress.spec().parallel_trial_count}};
  add_done(event, progress);
  return event;
}

RunEvent trial_started_event(const Trial& trial, TimePoint now) {
  RunEvent event{.time = now, .name = prefix_of(trial) + "started"};
  event.fields = {{"trial", trial.name}, {"number", trial.number}};
  if (trial.retrain_of) event.fields.emplace_back("of", *trial.retrain_of);
  return event;
}

RunEvent trial_finished_event(const RunProgress& progress, const Trial& trial, bool is_best,
                              TimePoint now) {
  RunEvent event{.time = now, .name = prefix_of(trial) + std::string(end_name(trial.phase))};
  event.fields.emplace_back("trial", trial.name);
  event.fields.emplace_back("number", trial.number);
  if (!trial.metrics.empty()) {
    event.fields.emplace_back("metrics", metrics_json(progress.spec(), trial));
  }
  if (trial.phase != TrialPhase::kSucceeded) {
    event.fields.emplace_back("reason", trial.reason);
    if (!trial.message.empty()) event.fields.emplace_back("message", trial.message);
  }
  event.fields.emplace_back("elapsed", seconds_json(elapsed(trial, now)));
  const bool has_several = progress.spec().objectives.size() > 1;
  if (is_best) event.fields.emplace_back(has_several ? "pareto" : "best", true);
  return event;
}

RunEvent progress_event(const RunProgress& progress, TimePoint now) {
  RunEvent event{.time = now, .name = "progress"};
  add_done(event, progress);
  event.fields.emplace_back("running", progress.running().size());
  if (progress.phase() == ExperimentPhase::kRetraining) add_training(event, progress);
  if (progress.num_failed() > 0) event.fields.emplace_back("failed", progress.num_failed());
  add_best(event, progress);
  if (const auto left = progress.time_left(now)) {
    event.fields.emplace_back("eta", seconds_json(*left));
  }
  return event;
}

RunEvent phase_event(const RunProgress& progress, const experiment::ExperimentState& state,
                     TimePoint now) {
  RunEvent event{.time = now,
                 .name = std::string(state.paused ? "experiment-paused" : verb_of(state.phase))};
  event.fields.emplace_back("experiment", progress.experiment_name());
  if (!state.paused && !state.reason.empty()) event.fields.emplace_back("reason", state.reason);
  if (experiment::is_final(state.phase) || state.phase == ExperimentPhase::kStopped) {
    add_done(event, progress);
    add_best(event, progress);
  }
  return event;
}

RunEvent note_event(std::string_view note, TimePoint now) {
  return {.time = now, .name = "note", .fields = {{"message", std::string(note)}}};
}

}  // namespace mimar::cli
