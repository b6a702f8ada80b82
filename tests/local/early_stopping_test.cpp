// spec.earlyStopping through the engine and through ask and tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "hpo/early_stopping/early_stopper.h"
#include "local/ask_tell.h"
#include "local/engine.h"
#include "tests/support/faulty_store.h"
#include "tests/support/make_experiment.h"
#include "tests/support/scripted_runner.h"

namespace mimar::local {
namespace {

using experiment::Experiment;
using experiment::make_memory_store;
using experiment::make_sampler_provider;
using experiment::StopReason;
using experiment::Store;
using experiment::to_string;
using experiment::Trial;
using experiment::TrialJob;
using experiment::TrialPhase;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;
using testing_support::FaultyStore;
using testing_support::make_experiment;
using testing_support::Script;
using testing_support::ScriptedRunner;

class Silent final : public EngineObserver {
 public:
  void on_trial_started(const Trial&) override {}
  void on_report(const Trial&, const std::vector<experiment::Observation>&) override {}
  void on_trial_finished(const Trial&, bool) override {}
  void on_phase(const experiment::ExperimentState&) override {}
  void on_note(std::string_view) override {}
  void on_tick(TimePoint) override {}
};

/// One at a time, so many in all, medianstop with Katib's settings.
Experiment stopped_early(int max_trials) {
  Experiment experiment = make_experiment();
  experiment.spec.parallel_trial_count = 1;
  experiment.spec.max_trial_count = max_trials;
  experiment.spec.early_stopping = experiment::Algorithm{.name = "medianstop", .settings = {}};
  return experiment;
}

/// Every fifth trial is bad from the start and would never end.
Script fifth_is_bad(const TrialJob& job) {
  if (job.number % 5 == 3) return {{"9", "8.5", "8", "8"}, true, true};
  return {{"2", "1", "0.5", "0.5"}, true, false};
}

void run(Store& store, const Experiment& experiment, ScriptedRunner& runner) {
  const auto provider = make_sampler_provider(experiment);
  const SystemClock clock;
  Silent silent;
  Engine(store, *provider, runner, clock, silent).run(experiment.name);
}

std::vector<std::string> phases(const std::vector<Trial>& trials) {
  std::vector<std::string> names;
  for (const Trial& trial : trials) names.emplace_back(to_string(trial.phase));
  return names;
}

TEST(EarlyStopping, EndsABadTrialAndLetsGoodOnesRun) {
  const Experiment experiment = stopped_early(5);
  const auto store = make_memory_store();
  store->create_experiment(experiment, {});
  ScriptedRunner runner(fifth_is_bad);
  run(*store, experiment, runner);
  const std::vector<Trial> trials = store->list_trials(experiment.uid);
  EXPECT_THAT(phases(trials),
              ElementsAre("Succeeded", "Succeeded", "Succeeded", "EarlyStopped", "Succeeded"));
  EXPECT_EQ(trials[3].message, "at step 4: best 8 is worse than 1, the median of 3 trials");
  EXPECT_EQ(trials[3].reason, "TrialEarlyStopped");
  EXPECT_THAT(runner.stops, ElementsAre(Pair(trials[3].name, StopReason::kEarlyStopped)));
  const hpo::History history = store->load_history(experiment.uid);
  EXPECT_EQ(history.trial(3).state, hpo::TrialState::kEarlyStopped);
  EXPECT_THAT(history.trial(3).objectives, ElementsAre(8.0));
  EXPECT_THAT(history.trial(0).reports, SizeIs(4));
}

TEST(EarlyStopping, KeepsNoReportsInTheHistoryWithoutARule) {
  Experiment experiment = stopped_early(3);
  experiment.spec.early_stopping.reset();
  const auto store = make_memory_store();
  store->create_experiment(experiment, {});
  ScriptedRunner runner(fifth_is_bad);
  run(*store, experiment, runner);
  EXPECT_EQ(store->load_history(experiment.uid).size(), 6U);
}

/// True when some part of the log before the trial's end, from its last report on, gives it up.
bool is_given_up(const hpo::History& history, hpo::TrialId trial) {
  const auto rule = hpo::make_early_stopper("medianstop", {}, hpo::Direction::kMinimize);
  for (std::size_t position = *history.trial(trial).finished_at; position > 0; --position) {
    for (const hpo::EarlyStop& stop : rule->find_stops(history.prefix(position))) {
      if (stop.trial == trial) return true;
    }
    const auto* report = std::get_if<hpo::Reported>(&history.events()[position - 1]);
    if (report != nullptr && report->trial == trial) break;
  }
  return false;
}

TEST(EarlyStopping, IsToldByTheStoredLogAlone) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Experiment experiment = stopped_early(25);
    experiment.spec.parallel_trial_count = 4;
    const auto store = make_memory_store();
    store->create_experiment(experiment, {});
    ScriptedRunner runner(fifth_is_bad, seed);
    run(*store, experiment, runner);
    const hpo::History history = store->load_history(experiment.uid);
    for (const hpo::TrialRecord& trial : history.trials()) {
      const bool is_bad = trial.id % 5 == 3;
      EXPECT_EQ(trial.state == hpo::TrialState::kEarlyStopped, is_bad) << trial.id;
      if (is_bad) {
        EXPECT_TRUE(is_given_up(history, trial.id)) << trial.id;
      }
    }
  }
}

TEST(EarlyStopping, ACrashAtAnyWriteLosesNoDecision) {
  const Experiment experiment = stopped_early(5);
  for (const auto when : {FaultyStore::When::kBefore, FaultyStore::When::kAfter}) {
    for (int k = 1; k < 40; ++k) {
      SCOPED_TRACE(testing::Message() << "write " << k << (when == FaultyStore::When::kAfter));
      const auto store = make_memory_store();
      store->create_experiment(experiment, {});
      bool survived = false;
      for (int life = 0; life < 100 && !survived; ++life) {
        ScriptedRunner runner(fifth_is_bad);
        FaultyStore faulty(*store, k + life, when);
        try {
          run(faulty, experiment, runner);
          survived = true;
        } catch (const Error& error) {
          ASSERT_EQ(error.code(), ErrorCode::kUnavailable);
        }
      }
      EXPECT_TRUE(survived);
      EXPECT_THAT(phases(store->list_trials(experiment.uid)),
                  ElementsAre("Succeeded", "Succeeded", "Succeeded", "EarlyStopped", "Succeeded"));
      EXPECT_TRUE(is_given_up(store->load_history(experiment.uid), 3));
    }
  }
}

TEST(EarlyStopping, AnswersAReportThatIsNotWorthGoingOn) {
  const Experiment experiment = stopped_early(9);
  const auto store = make_memory_store();
  store->create_experiment(experiment, {});
  const auto provider = make_sampler_provider(experiment);
  const SystemClock clock;
  AskTell session(*store, *provider, clock, experiment.name);
  const std::vector<Trial> asked = session.ask(5);
  const auto tell = [&](hpo::TrialId number, std::int64_t step, const char* loss, Told::End end) {
    const auto& trial = asked.at(static_cast<std::size_t>(number));
    return session.tell(trial.name,
                        {.metrics = {{"loss", loss}}, .step = step, .end = end, .message = {}});
  };
  for (hpo::TrialId number = 0; number < 3; ++number) {
    for (std::int64_t step = 1; step < 4; ++step) tell(number, step, "1", Told::End::kStillRuns);
    tell(number, 4, "1", Told::End::kSucceeded);
  }
  for (std::int64_t step = 1; step < 4; ++step) {
    EXPECT_EQ(tell(3, step, "2", Told::End::kStillRuns).phase, TrialPhase::kRunning);
  }
  const Trial stopped = tell(3, 4, "2", Told::End::kStillRuns);
  EXPECT_EQ(stopped.phase, TrialPhase::kEarlyStopped);
  EXPECT_EQ(stopped.message, "at step 4: best 2 is worse than 1, the median of 3 trials");
  EXPECT_EQ(stopped.metrics.at(0).latest, "2");
  EXPECT_THROW(tell(3, 5, "2", Told::End::kStillRuns), Error);
}

}  // namespace
}  // namespace mimar::local
