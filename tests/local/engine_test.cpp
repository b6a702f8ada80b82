#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "base/error.h"
#include "base/number_text.h"
#include "tests/local/engine_bench.h"

namespace mimar::local {
namespace {

using experiment::best_trial;
using experiment::Experiment;
using experiment::ExperimentPhase;
using experiment::ExperimentState;
using experiment::make_sampler_provider;
using experiment::MetricSummary;
using experiment::primary_command;
using experiment::Retrain;
using experiment::StopReason;
using experiment::SuggestionProvider;
using experiment::Trial;
using experiment::TrialJob;
using experiment::TrialPhase;
using experiment::TrialPurpose;
using experiment::TrialTemplate;
using testing::ElementsAre;
using testing::SizeIs;
using testing_support::FaultyStore;
using testing_support::make_experiment;
using testing_support::Script;
using testing_support::ScriptedRunner;

TEST(Engine, RunsAnExperimentToItsEnd) {
  Bench bench(sequential(3));
  const ExperimentState state = bench.run();
  EXPECT_EQ(state.phase, ExperimentPhase::kSucceeded);
  EXPECT_EQ(state.reason, "ExperimentMaxTrialsReached");
  EXPECT_EQ(bench.store->find_experiment("demo")->state, state);
  const std::vector<Trial> trials = bench.trials();
  ASSERT_THAT(trials, SizeIs(3));
  for (const Trial& trial : trials) {
    EXPECT_EQ(trial.phase, TrialPhase::kSucceeded);
    EXPECT_EQ(trial.exit_code, 0);
    EXPECT_TRUE(trial.started_at && trial.finished_at && trial.last_report_at);
    ASSERT_THAT(trial.metrics, SizeIs(1));
    EXPECT_EQ(trial.metrics[0].max, "1.5");
    EXPECT_THAT(bench.store->list_observations(bench.experiment.uid, trial.number), SizeIs(2));
  }
  EXPECT_EQ(bench.store->load_history(bench.experiment.uid).size(), 6U);
  EXPECT_EQ(bench.diary.num_reports, 6);
  ASSERT_THAT(bench.diary.lines, SizeIs(8));
  EXPECT_EQ(bench.diary.lines[0], "ExperimentRunning");
  EXPECT_EQ(bench.diary.lines[1], "started 0");
  EXPECT_EQ(bench.diary.lines[2], "Succeeded 0 best");
  EXPECT_EQ(bench.diary.lines[7], "ExperimentMaxTrialsReached");
}

TEST(Engine, RepeatedEventsChangeNothing) {
  Bench bench(sequential(3));
  ScriptedRunner runner(bowl);
  runner.tells_twice = true;
  EXPECT_EQ(bench.run(runner).phase, ExperimentPhase::kSucceeded);
  EXPECT_EQ(bench.store->load_history(bench.experiment.uid).size(), 6U);
  EXPECT_THAT(bench.diary.lines, SizeIs(8));
}

TEST(Engine, AnEndedOrUnknownExperimentIsNotRun) {
  Bench bench(sequential(1));
  bench.run();
  const std::size_t lines = bench.diary.lines.size();
  EXPECT_EQ(bench.run().phase, ExperimentPhase::kSucceeded);
  EXPECT_EQ(bench.diary.lines.size(), lines);
  bench.experiment.name = "unknown";
  EXPECT_THROW(bench.run(), Error);
}

TEST(Engine, FailedTrialsCount) {
  Bench bench(sequential(10));
  bench.experiment.spec.max_failed_trial_count = 2;
  bench.store->update_experiment(bench.experiment);
  const ExperimentState state = bench.run([](const TrialJob&) { return Script{{}, false, false}; });
  EXPECT_EQ(state.phase, ExperimentPhase::kFailed);
  ASSERT_THAT(bench.trials(), SizeIs(2));
  EXPECT_EQ(bench.trials()[0].message, "exit code 3");
}

TEST(Engine, TheGoalStopsWhatStillRuns) {
  Experiment experiment = make_experiment();
  experiment.spec.objectives[0].goal = 10.0;
  Bench bench(experiment);
  ScriptedRunner runner([](const TrialJob& job) {
    return job.number == 0 ? Script{{}, true, true} : bowl(job);
  });
  EXPECT_EQ(bench.run(runner).reason, "ExperimentGoalReached");
  EXPECT_EQ(bench.trials()[0].phase, TrialPhase::kKilled);
  EXPECT_THAT(runner.stops,
              ElementsAre(testing::Pair(bench.trials()[0].name, StopReason::kExperimentDone)));
}

TEST(Engine, RetrainsTheBestWithItsConstantsReplaced) {
  Experiment experiment = sequential(3);
  TrialTemplate& source = *experiment.spec.trial_template;
  source.parameters.push_back({"epochs", "", "", "2"});
  source.trial_spec["spec"]["template"]["spec"]["containers"][0]["command"].push_back(
      "--epochs=${trialParameters.epochs}");
  experiment.spec.retrain = Retrain{.top = 1, .parameters = {{"epochs", "30"}}};
  Bench bench(experiment);
  ScriptedRunner runner(bowl);
  EXPECT_EQ(bench.run(runner).reason, "ExperimentMaxTrialsReached");
  ASSERT_THAT(runner.jobs, SizeIs(4));
  EXPECT_EQ(primary_command(runner.jobs[0]).argv.back(), "--epochs=2");
  EXPECT_EQ(primary_command(runner.jobs[3]).argv.back(), "--epochs=30");
  const std::vector<Trial> trials = bench.trials();
  EXPECT_EQ(trials[3].purpose, TrialPurpose::kRetrain);
  EXPECT_EQ(trials[3].retrain_of, best_trial(experiment.spec, trials));
  EXPECT_EQ(trials[3].phase, TrialPhase::kSucceeded);
  EXPECT_EQ(bench.store->load_history(experiment.uid).size(), 6U);
}

TEST(Engine, AStopLetsRunningTrialsFinishAndResumeGoesOn) {
  Bench undisturbed(sequential(4));
  undisturbed.run();

  Bench bench(sequential(4));
  bench.diary.at_start = [&](const Trial& trial) {
    if (trial.number == 1) bench.engine->request_stop();
  };
  EXPECT_EQ(bench.run().phase, ExperimentPhase::kStopped);
  EXPECT_TRUE(bench.store->find_experiment("demo")->state.stop_requested);
  // The second trial's start was told in the same breath as the third was launched.
  EXPECT_EQ(bench.store->count_trials(bench.experiment.uid).succeeded, 3);
  bench.resume();
  EXPECT_EQ(bench.run().phase, ExperimentPhase::kSucceeded);
  EXPECT_EQ(bench.assignments(), undisturbed.assignments());
}

TEST(Engine, AKilledTrialRunsAgainOnResume) {
  Bench bench(sequential(2));
  bench.diary.at_start = [&](const Trial&) { bench.engine->request_kill(); };
  ScriptedRunner runner([](const TrialJob&) { return Script{{"7"}, true, true}; });
  EXPECT_EQ(bench.run(runner).phase, ExperimentPhase::kStopped);
  EXPECT_THAT(runner.stops, SizeIs(1));
  ASSERT_THAT(bench.trials(), SizeIs(1));
  EXPECT_FALSE(is_final(bench.trials()[0].phase));
  EXPECT_EQ(bench.store->load_history(bench.experiment.uid).size(), 1U);

  bench.diary.at_start = nullptr;
  bench.resume();
  ScriptedRunner second(bowl);
  EXPECT_EQ(bench.run(second).phase, ExperimentPhase::kSucceeded);
  EXPECT_THAT(second.jobs, SizeIs(2));
  EXPECT_THAT(bench.trials(), SizeIs(2));
}

TEST(Engine, MetricsOfAnEarlierProcessStayUnlessReportedAgain) {
  Bench bench(sequential(1));
  bench.diary.at_start = [&](const Trial&) { bench.engine->request_kill(); };
  bench.run([](const TrialJob&) { return Script{{"5", "4", "3"}, true, true}; });
  ASSERT_THAT(bench.store->list_observations(bench.experiment.uid, 0), SizeIs(3));
  bench.diary.at_start = nullptr;
  bench.resume();
  bench.run([](const TrialJob&) { return Script{{"50", "40"}, true, false}; });
  EXPECT_THAT(bench.trials()[0].metrics, ElementsAre(MetricSummary{"loss", "3", "50", "3"}));
}

TEST(Engine, SeesTheStopOfAnotherProcess) {
  Bench bench(sequential(4));
  ScriptedRunner runner([](const TrialJob&) { return Script{{}, true, true}; });
  int ticks = 0;
  bench.diary.at_tick = [&] {
    ExperimentState state = bench.store->find_experiment("demo")->state;
    state.stop_requested = true;
    if (++ticks == 1) bench.store->update_state(bench.experiment.uid, state);
    if (ticks == 3) runner.stop(bench.trials()[0].name, StopReason::kEarlyStopped);
  };
  EXPECT_EQ(bench.run(runner).phase, ExperimentPhase::kStopped);
  EXPECT_THAT(bench.trials(), SizeIs(1));
}

TEST(Engine, StopsATrialAtItsTimeLimit) {
  Experiment experiment = sequential(1);
  experiment.spec.trial_timeout = std::chrono::seconds(0);
  Bench bench(experiment);
  ScriptedRunner runner([](const TrialJob&) { return Script{{"1"}, true, true}; });
  bench.run(runner);
  EXPECT_EQ(bench.trials()[0].phase, TrialPhase::kFailed);
  EXPECT_EQ(bench.trials()[0].message, "stopped: ran longer than its limit of 0 s");
}

/// Proposes three times, then no more.
class ThreeProposals final : public SuggestionProvider {
 public:
  std::vector<hpo::Proposal> propose(const hpo::History& history, int count) override {
    std::vector<hpo::Proposal> proposals;
    for (auto n = history.next_number(); n < 3 && count-- > 0; ++n) {
      proposals.push_back({.assignment = {{"lr", static_cast<double>(n) / 10}}});
    }
    return proposals;
  }
  hpo::Proposal propose_enqueued(const hpo::History&,
                                 const experiment::EnqueuedTrial& trial) override {
    return {.assignment = {{"lr", find_double(trial.given.at("lr")).value()}}};
  }
  std::optional<hpo::TrialId> recommend(const hpo::History&) override { return std::nullopt; }
};

TEST(Engine, EndsWhenTheAlgorithmIsExhausted) {
  Bench bench(make_experiment());
  ThreeProposals provider;
  ScriptedRunner runner(bowl, 3);
  Engine engine(*bench.store, provider, runner, bench.clock, bench.diary);
  EXPECT_EQ(engine.run("demo").reason, "ExperimentSuggestionEndReached");
  EXPECT_THAT(bench.trials(), SizeIs(3));
  EXPECT_TRUE(bench.store->find_experiment("demo")->state.search_exhausted);
}

TEST(Engine, ACrashAtAnyWriteChangesNoProposal) {
  Bench undisturbed(sequential(5));
  undisturbed.run();
  for (const auto when : {FaultyStore::When::kBefore, FaultyStore::When::kAfter}) {
    for (int k = 1; k < 32; ++k) {
      SCOPED_TRACE(testing::Message() << "write " << k << (when == FaultyStore::When::kAfter));
      Bench bench(sequential(5));
      run_with_crashes(bench, k, when);
      EXPECT_EQ(bench.assignments(), undisturbed.assignments());
      EXPECT_EQ(bench.store->find_experiment("demo")->state.phase, ExperimentPhase::kSucceeded);
      EXPECT_EQ(bench.store->load_history(bench.experiment.uid).size(), 10U);
      const std::vector<Trial> trials = bench.trials();
      for (std::size_t i = 0; i < trials.size(); ++i) {
        EXPECT_EQ(trials[i].phase, TrialPhase::kSucceeded);
        EXPECT_EQ(trials[i].metrics, undisturbed.trials()[i].metrics);
      }
    }
  }
}

TEST(Engine, NoFinishedTrialRunsTwice) {
  for (int k = 1; k < 20; ++k) {
    Bench bench(sequential(4));
    std::set<std::string> finished;
    for (int life = 0; life < 100; ++life) {
      ScriptedRunner runner(bowl);
      FaultyStore faulty(*bench.store, k, FaultyStore::When::kAfter);
      bool survived = true;
      try {
        bench.run(runner, faulty);
      } catch (const Error&) {
        survived = false;
      }
      for (const TrialJob& job : runner.jobs) EXPECT_FALSE(finished.contains(job.trial_name));
      for (const Trial& trial : bench.trials()) {
        if (is_final(trial.phase)) finished.insert(trial.name);
      }
      if (survived) break;
    }
    EXPECT_THAT(finished, SizeIs(4));
  }
}

TEST(Engine, InParallelEachProposalCanBeMadeAgainFromItsPrefix) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Experiment experiment = make_experiment();
    experiment.spec.parallel_trial_count = 4;
    experiment.spec.max_trial_count = 25;
    Bench bench(experiment);
    ScriptedRunner runner(
        [](const TrialJob& job) {
          return job.number % 5 == 4 ? Script{{}, false, false} : bowl(job);
        },
        seed);
    EXPECT_EQ(bench.run(runner).reason, "ExperimentMaxTrialsReached");
    EXPECT_LE(runner.most_at_once, 4U);
    ASSERT_THAT(runner.jobs, SizeIs(25));
    const hpo::History history = bench.store->load_history(experiment.uid);
    for (const Trial& trial : bench.trials()) {
      const hpo::ProposalOrigin& origin = trial.proposal.origin;
      const auto again = make_sampler_provider(experiment)
                             ->propose(history.prefix(origin.log_position), origin.batch_size);
      EXPECT_EQ(again.at(static_cast<std::size_t>(origin.index)).assignment,
                trial.proposal.assignment);
    }
  }
}

TEST(Engine, AnswersInitialPointsFirst) {
  Experiment experiment = sequential(3);
  experiment.spec.initial_points = {{{"lr", "0.125"}}, {}};
  Bench bench(experiment);
  bench.run();
  EXPECT_EQ(bench.assignments()[0], (space::Assignment{{"lr", 0.125}}));
  Bench without(sequential(3));
  without.run();
  EXPECT_EQ(bench.assignments()[1], without.assignments()[1]);
}

TEST(Engine, ShowsEachNoteOnce) {
  Experiment experiment = sequential(3);
  TrialTemplate& source = *experiment.spec.trial_template;
  experiment.spec.parameters.push_back({"momentum",
                                        space::RealDomain{0.0, 1.0, {}, {}},
                                        {{{{"lr", space::Clause::Op::kGreater, {"0.999"}}}}},
                                        {},
                                        {}});
  source.parameters.push_back({"momentum", "", "momentum", {}});
  source.trial_spec["spec"]["template"]["spec"]["containers"][0]["command"].push_back(
      "m=${trialParameters.momentum}");
  Bench bench(experiment);
  bench.run();
  EXPECT_THAT(bench.diary.notes, ElementsAre(testing::HasSubstr("\"momentum\" is inactive")));
}

}  // namespace
}  // namespace mimar::local
