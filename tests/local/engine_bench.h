#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/number_text.h"
#include "local/engine.h"
#include "tests/support/faulty_store.h"
#include "tests/support/make_experiment.h"
#include "tests/support/scripted_runner.h"

namespace mimar::local {

/// The lr that a job was rendered with, from its command `echo --lr=0.25`.
inline double lr_of(const experiment::TrialJob& job) {
  const std::string flag = experiment::primary_command(job).argv.at(1);
  return find_double(flag.substr(flag.find('=') + 1)).value();
}

inline testing_support::Script bowl(const experiment::TrialJob& job) {
  const double lr = lr_of(job);
  return {{"1.5", to_text((lr - 0.3) * (lr - 0.3))}, true, false};
}

/// Writes down what happens, and does what the test gave it to do meanwhile.
class Diary final : public EngineObserver {
 public:
  void on_trial_started(const experiment::Trial& trial) override {
    lines.push_back("started " + std::to_string(trial.number));
    if (at_start) at_start(trial);
  }
  void on_report(const experiment::Trial&, const std::vector<experiment::Observation>&) override {
    ++num_reports;
  }
  void on_trial_finished(const experiment::Trial& trial, bool is_best) override {
    lines.push_back(
        concat(experiment::to_string(trial.phase), " ", trial.number, is_best ? " best" : ""));
  }
  void on_phase(const experiment::ExperimentState& state) override {
    lines.push_back(state.reason);
  }
  void on_note(std::string_view note) override { notes.emplace_back(note); }
  void on_tick(TimePoint) override {
    if (at_tick) at_tick();
  }

  std::vector<std::string> lines;
  std::vector<std::string> notes;
  int num_reports = 0;
  std::function<void(const experiment::Trial&)> at_start;
  std::function<void()> at_tick;
};

/// An experiment in a store; each run() is a new process of `mimar`: new engine, runner, provider.
struct Bench {
  explicit Bench(experiment::Experiment made) : experiment(std::move(made)) {
    store->create_experiment(experiment, {});
  }

  experiment::ExperimentState run(experiment::TrialRunner& runner, experiment::Store& through) {
    const auto provider = experiment::make_sampler_provider(experiment);
    Engine made(through, *provider, runner, clock, diary);
    engine = &made;
    return made.run(experiment.name);
  }
  experiment::ExperimentState run(experiment::TrialRunner& runner) { return run(runner, *store); }
  experiment::ExperimentState run(const testing_support::ScriptedRunner::ScriptOf& script = bowl) {
    testing_support::ScriptedRunner runner(script);
    return run(runner);
  }
  /// What `mimar resume` does before it runs.
  void resume() {
    experiment::ExperimentState state = store->find_experiment(experiment.name)->state;
    state.phase = experiment::ExperimentPhase::kRunning;
    state.stop_requested = false;
    store->update_state(experiment.uid, state);
  }
  std::vector<experiment::Trial> trials() { return store->list_trials(experiment.uid); }
  std::vector<space::Assignment> assignments() {
    std::vector<space::Assignment> all;
    for (const experiment::Trial& trial : trials()) all.push_back(trial.proposal.assignment);
    return all;
  }

  experiment::Experiment experiment;
  std::unique_ptr<experiment::Store> store = experiment::make_memory_store();
  SystemClock clock;
  Diary diary;
  Engine* engine = nullptr;  // the running one
};

inline experiment::Experiment sequential(int max_trials = 4) {
  experiment::Experiment experiment = testing_support::make_experiment();
  experiment.spec.parallel_trial_count = 1;
  experiment.spec.max_trial_count = max_trials;
  return experiment;
}

/// Runs to the end through a store that breaks at the k-th write, in the next process at the
/// (k + 1)-th, and so on. Returns how often each trial's process was started.
inline std::map<std::string, int> run_with_crashes(Bench& bench, int k,
                                                   testing_support::FaultyStore::When when) {
  std::map<std::string, int> starts;
  for (int life = 0; life < 200; ++life) {
    testing_support::ScriptedRunner runner(bowl);
    testing_support::FaultyStore faulty(*bench.store, k + life, when);
    bool survived = true;
    try {
      bench.run(runner, faulty);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      survived = false;
    }
    for (const experiment::TrialJob& job : runner.jobs) ++starts[job.trial_name];
    if (survived) return starts;
  }
  ADD_FAILURE() << "the experiment never ended";
  return starts;
}

}  // namespace mimar::local
