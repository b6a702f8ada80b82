#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiment/enqueued_trial.h"
#include "tests/local/engine_bench.h"

// What users ask of an experiment that runs.

namespace mimar::local {
namespace {

using experiment::ExperimentPhase;
using experiment::ExperimentState;
using experiment::make_sampler_provider;
using experiment::StopReason;
using experiment::Trial;
using experiment::TrialJob;
using experiment::TrialPhase;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::FaultyStore;
using testing_support::Script;
using testing_support::ScriptedRunner;

TEST(Steering, APauseLaunchesNothingUntilItIsTakenBack) {
  Bench bench(sequential(3));
  const auto set_paused = [&](bool paused) {
    ExperimentState state = bench.store->find_experiment("demo")->state;
    state.paused = paused;
    bench.store->update_state(bench.experiment.uid, state);
  };
  set_paused(true);
  int ticks = 0;
  bench.diary.at_tick = [&] {
    if (++ticks < 3) {
      EXPECT_THAT(bench.trials(), IsEmpty());
    }
    if (ticks == 2) set_paused(false);
  };
  EXPECT_EQ(bench.run().phase, ExperimentPhase::kSucceeded);
  EXPECT_GE(ticks, 2);
  EXPECT_THAT(bench.trials(), SizeIs(3));
  // Told of the start, and once more when the pause ended.
  EXPECT_EQ(bench.diary.lines[0], "ExperimentRunning");
  EXPECT_EQ(bench.diary.lines[1], "ExperimentRunning");
}

TEST(Steering, TellsTheRunnerHowManyTrialsRunAtOnce) {
  Bench bench(sequential(3));
  bench.diary.at_start = [&](const Trial& trial) {
    if (trial.number != 0) return;
    experiment::Experiment edited = bench.store->find_experiment("demo")->experiment;
    edited.spec.parallel_trial_count = 3;
    edited.object["spec"]["parallelTrialCount"] = 3;
    bench.store->update_experiment(edited);
  };
  ScriptedRunner runner([](const TrialJob& job) {
    return job.number == 0 ? Script{{"1"}, true, true} : bowl(job);  // the first hangs
  });
  bench.diary.at_tick = [&] {
    if (runner.parallel.size() == 2) runner.stop(bench.trials()[0].name, StopReason::kKilledByUser);
  };
  bench.run(runner);
  EXPECT_THAT(runner.parallel, ElementsAre(1, 3));
}

TEST(Steering, KillsOneTrialOnRequestAndGoesOn) {
  Bench bench(sequential(2));
  ScriptedRunner runner([](const TrialJob& job) {
    return job.number == 0 ? Script{{"1"}, true, true} : bowl(job);
  });
  bench.diary.at_start = [&](const Trial& trial) {
    if (trial.number == 0) bench.store->request_kill(bench.experiment.uid, 0);
  };
  EXPECT_EQ(bench.run(runner).phase, ExperimentPhase::kSucceeded);
  const std::vector<Trial> trials = bench.trials();
  EXPECT_EQ(trials[0].phase, TrialPhase::kKilled);
  EXPECT_EQ(trials[0].message, "killed by the user");
  EXPECT_EQ(trials[1].phase, TrialPhase::kSucceeded);
  EXPECT_THAT(runner.stops, ElementsAre(testing::Pair(trials[0].name, StopReason::kKilledByUser)));
  EXPECT_THAT(bench.store->find_requests(bench.experiment.uid).kills, IsEmpty());
}

TEST(Steering, AKillThatACrashOvertookIsHeededOnResume) {
  Bench bench(sequential(2));
  bench.diary.at_start = [&](const Trial&) { bench.engine->request_kill(); };
  bench.run([](const TrialJob&) { return Script{{"7"}, true, true}; });
  ASSERT_FALSE(is_final(bench.trials().at(0).phase));
  bench.store->request_kill(bench.experiment.uid, 0);
  bench.diary.at_start = nullptr;
  bench.resume();
  ScriptedRunner second(bowl);
  bench.run(second);
  EXPECT_EQ(bench.trials()[0].phase, TrialPhase::kKilled);
  ASSERT_THAT(second.jobs, SizeIs(1));
  EXPECT_EQ(second.jobs[0].number, 1);
}

/// That a trial came from these values and can be made again from the history before it.
void expect_made_from(Bench& bench, hpo::TrialId number, const experiment::EnqueuedTrial& what) {
  const Trial trial = *bench.store->find_trial(bench.experiment.uid, number);
  EXPECT_EQ(experiment::find_enqueued(trial.proposal.labels), what);
  const hpo::History history = bench.store->load_history(bench.experiment.uid);
  const auto again =
      make_sampler_provider(bench.experiment)
          ->propose_enqueued(history.prefix(trial.proposal.origin.log_position), what);
  EXPECT_EQ(again.assignment, trial.proposal.assignment);
  EXPECT_EQ(again.labels, trial.proposal.labels);
}

TEST(Steering, RunsWhatIsEnqueuedNext) {
  const experiment::EnqueuedTrial what{.id = 0, .given = {{"lr", "0.125"}}, .retry_of = {}};
  const experiment::EnqueuedTrial retry{.id = 0, .given = {}, .retry_of = 0};
  Bench bench(sequential(5));
  bench.store->enqueue(bench.experiment.uid, what);
  // The second trial hangs until a while after the tick that enqueues another.
  ScriptedRunner hanging([&](const TrialJob& job) {
    if (job.number == 0) return Script{{}, false, false};
    return job.number == 1 ? Script{{"1"}, true, true} : bowl(job);
  });
  int ticks = 0;
  bench.diary.at_tick = [&] {
    if (++ticks == 1) bench.store->enqueue(bench.experiment.uid, retry);
    if (ticks == 3) hanging.stop(bench.trials()[1].name, StopReason::kEarlyStopped);
  };
  EXPECT_EQ(bench.run(hanging).reason, "ExperimentMaxTrialsReached");
  ASSERT_THAT(bench.trials(), SizeIs(5));
  EXPECT_EQ(bench.assignments()[0], (space::Assignment{{"lr", 0.125}}));
  expect_made_from(bench, 0, what);
  EXPECT_EQ(bench.assignments()[2], bench.assignments()[0]);
  expect_made_from(bench, 2, retry);
  EXPECT_THAT(bench.store->find_requests(bench.experiment.uid).enqueued, IsEmpty());
}

TEST(Steering, ACrashAtAnyWriteRunsWhatIsEnqueuedOnce) {
  for (const auto when : {FaultyStore::When::kBefore, FaultyStore::When::kAfter}) {
    for (int k = 1; k < 24; ++k) {
      SCOPED_TRACE(testing::Message() << "write " << k << (when == FaultyStore::When::kAfter));
      Bench bench(sequential(4));
      for (const char* lr : {"0.125", "0.25"}) {
        bench.store->enqueue(bench.experiment.uid,
                             {.id = 0, .given = {{"lr", lr}}, .retry_of = {}});
      }
      run_with_crashes(bench, k, when);
      ASSERT_THAT(bench.trials(), SizeIs(4));
      EXPECT_EQ(bench.assignments()[0].at("lr"), space::Value(0.125));
      EXPECT_EQ(bench.assignments()[1].at("lr"), space::Value(0.25));
      EXPECT_FALSE(experiment::is_from_user(bench.trials()[2].proposal.labels));
      EXPECT_THAT(bench.store->find_requests(bench.experiment.uid).enqueued, IsEmpty());
    }
  }
}

}  // namespace
}  // namespace mimar::local
