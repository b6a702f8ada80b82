#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "experiment/trial_runner.h"

namespace mimar::testing_support {

/// What a scripted trial does.
struct Script {
  std::vector<std::string> losses;  // one report each, at steps 1, 2, ...
  bool succeeds = true;
  bool hangs = false;  // after its reports, until it is stopped
};

/// A TrialRunner without processes. Its trials do what `script` says: at once inside launch(), or,
/// made with a seed, event by event on another thread in an order drawn from the seed.
///
/// Thread safety: as TrialRunner; the figures may be read once no trial runs.
class ScriptedRunner final : public experiment::TrialRunner {
 public:
  using ScriptOf = std::function<Script(const experiment::TrialJob&)>;

  explicit ScriptedRunner(ScriptOf script) : script_(std::move(script)) {}
  ScriptedRunner(ScriptOf script, std::uint64_t seed) : script_(std::move(script)), rng_(seed) {
    thread_ = std::jthread([this](const std::stop_token& stop) { play(stop); });
  }

  void launch(const experiment::TrialJob& job) override {
    std::unique_lock lock(mutex_);
    jobs.push_back(job);
    if (running_.contains(job.trial_name) || ended_[job.trial_name]) return;
    running_[job.trial_name] = events_of(job);
    most_at_once = std::max(most_at_once, running_.size());
    lock.unlock();
    changed_.notify_all();
    while (!thread_.joinable() && step(job.trial_name)) {
    }
  }

  void stop(const std::string& trial_name, experiment::StopReason why) override {
    {
      const std::lock_guard lock(mutex_);
      if (!running_.contains(trial_name)) return;
      running_[trial_name] = {exited(trial_name, false, why)};
    }
    stops.emplace_back(trial_name, why);
    changed_.notify_all();
    while (!thread_.joinable() && step(trial_name)) {
    }
  }

  void set_parallel(int trials) override { parallel.push_back(trials); }

  void watch(experiment::TrialEventSink& sink) override {
    const std::lock_guard lock(mutex_);
    sink_ = &sink;
  }

  std::vector<experiment::TrialJob> jobs;  // every launch, repeats included
  std::vector<int> parallel;               // as it was set
  std::vector<std::pair<std::string, experiment::StopReason>> stops;
  std::size_t most_at_once = 0;
  bool tells_twice = false;  // every event is sent twice

 private:
  using Events = std::deque<experiment::TrialEvent>;

  static experiment::TrialExited exited(const std::string& name, bool succeeded,
                                        std::optional<experiment::StopReason> stopped = {}) {
    experiment::TrialExited exit;
    exit.trial_name = name;
    exit.time = SystemClock().now();
    exit.succeeded = succeeded;
    exit.exit_code = succeeded ? 0 : 3;
    exit.stopped = stopped;
    exit.message = succeeded ? "exit code 0" : "exit code 3";
    return exit;
  }

  Events events_of(const experiment::TrialJob& job) const {
    const TimePoint now = SystemClock().now();
    const Script script = script_(job);
    Events events = {experiment::TrialStarted{job.trial_name, now}};
    std::int64_t step = 0;
    for (const std::string& loss : script.losses) {
      events.push_back(experiment::TrialReported{job.trial_name, {{"loss", ++step, now, loss}}});
    }
    if (!script.hangs) events.push_back(exited(job.trial_name, script.succeeds));
    return events;
  }

  /// Sends a trial's next event; false when it has none.
  bool step(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(name);
    if (found == running_.end() || found->second.empty()) return false;
    const experiment::TrialEvent event = std::move(found->second.front());
    found->second.pop_front();
    if (std::holds_alternative<experiment::TrialExited>(event)) {
      running_.erase(found);
      ended_[name] = true;
    }
    if (tells_twice) sink_->on_event(event);
    sink_->on_event(event);
    return true;
  }

  /// A trial that has something to say, drawn at random; empty when there is none.
  std::string draw() {
    std::vector<std::string> names;
    for (const auto& [name, events] : running_) {
      if (!events.empty()) names.push_back(name);
    }
    return names.empty() ? "" : names[rng_.index(names.size())];
  }

  void play(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::string name;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, stop, [&] { return !(name = draw()).empty(); });
      }
      if (!name.empty()) step(name);
    }
  }

  ScriptOf script_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Events> running_;
  std::map<std::string, bool> ended_;
  experiment::TrialEventSink* sink_ = nullptr;
  Rng rng_{0};
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace mimar::testing_support
