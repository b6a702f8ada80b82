// `kill -9` at random moments, and what `mimar resume` makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "experiment/store/store.h"
#include "experiment/suggestion_provider.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"

namespace mimar::cli {
namespace {

using experiment::Trial;
using experiment::TrialPhase;
using testing::Each;
using testing::Le;
using testing::SizeIs;
using namespace std::chrono_literals;

/// What the store of a stage holds of its one experiment.
struct Stored {
  experiment::StoredExperiment experiment;
  std::vector<Trial> trials;
  hpo::History history;
};

std::optional<Stored> read_store(const MimarStage& stage) {
  if (!std::filesystem::exists(stage.folder() / "state" / "mimar.db")) return std::nullopt;
  const auto store = experiment::open_sqlite_store(stage.folder() / "state");
  const auto found = store->find_experiment("tiny");
  if (!found) return std::nullopt;
  const std::string& uid = found->experiment.uid;
  return Stored{*found, store->list_trials(uid), store->load_history(uid)};
}

std::vector<space::Assignment> assignments(const Stored& stored) {
  std::vector<space::Assignment> list;
  for (const Trial& trial : stored.trials) list.push_back(trial.proposal.assignment);
  return list;
}

/// Runs an experiment that is killed `num_kills` times at random moments, and checks after each
/// kill that nothing is left and that what had finished is not begun again. The pauses of the
/// trials must be longer in all than the moments: a run that ends by itself cannot be killed.
void run_with_kills(const MimarStage& stage, const StageExperiment& what, int num_kills,
                    std::uint64_t seed) {
  const std::string file = write_experiment(stage, what);
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int> moment(20, 250);  // milliseconds
  std::map<std::string, int> begun_when_finished;
  for (int kills = 0; kills < num_kills; ++kills) {
    const auto stored = read_store(stage);
    ASSERT_TRUE(!stored || !experiment::is_final(stored->experiment.state.phase))
        << "ended after " << kills << " kills: give it more trials";
    const pid_t runner = stored ? stage.start({"resume", "tiny"}) : stage.start({"run", file});
    std::this_thread::sleep_for(std::chrono::milliseconds(moment(random)));
    kill(runner, SIGKILL);
    ASSERT_EQ(MimarStage::wait(runner), 128 + SIGKILL) << stage.read("started.err");
    ASSERT_TRUE(stage.wait_until_none_alive(10s)) << "after kill " << kills;
    std::ofstream(stage.folder() / "journal", std::ios::app) << "all killed\n";

    const Journal journal = read_journal(stage);
    for (const auto& [trial, count] : begun_when_finished) {
      ASSERT_EQ(journal.begun.at(trial), count) << trial << " had finished and ran again";
    }
    if (const auto now = read_store(stage)) {
      for (const Trial& trial : now->trials) {
        if (!experiment::is_final(trial.phase)) continue;
        ASSERT_EQ(trial.phase, TrialPhase::kSucceeded) << trial.name << ": " << trial.message;
        begun_when_finished[trial.name] = journal.begun.at(trial.name);
      }
    }
  }
  const Ended last =
      stage.run({read_store(stage) ? "resume" : "run", read_store(stage) ? "tiny" : file});
  ASSERT_EQ(last.exit_code, 0) << last.err;
  const Journal journal = read_journal(stage);
  for (const auto& [trial, count] : begun_when_finished) {
    EXPECT_EQ(journal.begun.at(trial), count) << trial << " had finished and ran again";
  }
  EXPECT_LE(journal.most_at_once, what.parallel);
  EXPECT_TRUE(stage.wait_until_none_alive(10s));
}

/// Numbers 0 to n - 1, names all different, every one a success with the value that it printed.
void expect_none_lost_or_doubled(const Stored& stored, int num_trials) {
  ASSERT_THAT(stored.trials, SizeIs(num_trials));
  std::set<std::string> names;
  for (int i = 0; i < num_trials; ++i) {
    const Trial& trial = stored.trials[static_cast<std::size_t>(i)];
    EXPECT_EQ(trial.number, i);
    EXPECT_EQ(trial.phase, TrialPhase::kSucceeded) << trial.name << ": " << trial.message;
    EXPECT_TRUE(names.insert(trial.name).second);
    const auto x = std::get<std::int64_t>(trial.proposal.assignment.at("x"));
    const auto fraction = std::get<std::int64_t>(trial.proposal.assignment.at("fraction"));
    ASSERT_THAT(trial.metrics, SizeIs(1));
    EXPECT_EQ(trial.metrics.front().latest, concat((x - 37) * (x - 37), '.', fraction));
  }
  EXPECT_EQ(stored.history.trials().size(), static_cast<std::size_t>(num_trials));
}

/// Every recorded proposal comes again from the history that it was made from.
void expect_replayable(const Stored& stored) {
  const auto provider = experiment::make_sampler_provider(stored.experiment.experiment);
  for (const Trial& trial : stored.trials) {
    const hpo::ProposalOrigin& origin = trial.proposal.origin;
    const auto again =
        provider->propose(stored.history.prefix(origin.log_position), origin.batch_size);
    ASSERT_GT(static_cast<int>(again.size()), origin.index);
    EXPECT_EQ(again[static_cast<std::size_t>(origin.index)].assignment, trial.proposal.assignment)
        << "trial " << trial.number;
  }
}

class Crash : public testing::TestWithParam<const char*> {};

TEST_P(Crash, OneAtATimeProposesWhatAnUndisturbedRunDoes) {
  const StageExperiment what{
      .algorithm = GetParam(), .parallel = 1, .max_trials = 60, .pause = "0.1"};
  const MimarStage undisturbed;
  ASSERT_EQ(undisturbed.run({"-q", "run", write_experiment(undisturbed, what)}).exit_code, 0);

  const MimarStage disturbed;
  run_with_kills(disturbed, what, 20, 20261124);
  if (HasFatalFailure()) return;
  const auto expected = read_store(undisturbed);
  const auto stored = read_store(disturbed);
  ASSERT_TRUE(expected && stored);
  EXPECT_NE(expected->experiment.experiment.uid, stored->experiment.experiment.uid);
  expect_none_lost_or_doubled(*stored, what.max_trials);
  EXPECT_EQ(assignments(*stored), assignments(*expected));
}

TEST_P(Crash, FourAtATimeLosesAndDoublesNone) {
  const StageExperiment what{
      .algorithm = GetParam(), .parallel = 4, .max_trials = 80, .pause = "0.1"};
  const MimarStage stage;
  run_with_kills(stage, what, 6, 20261125);
  if (HasFatalFailure()) return;
  const auto stored = read_store(stage);
  ASSERT_TRUE(stored);
  expect_none_lost_or_doubled(*stored, what.max_trials);
  expect_replayable(*stored);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, Crash, testing::Values("random", "tpe"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(CrashParallel, NeverRunsMoreThanAllowedAndEachTrialOnce) {
  const MimarStage stage;
  const StageExperiment what{.algorithm = "tpe", .parallel = 4, .max_trials = 60, .pause = "0.02"};
  ASSERT_EQ(stage.run({"-q", "run", write_experiment(stage, what)}).exit_code, 0);
  const Journal journal = read_journal(stage);
  EXPECT_THAT(journal.begun, SizeIs(60));
  EXPECT_THAT(journal.begun, Each(testing::Pair(testing::_, 1)));
  EXPECT_EQ(journal.begun, journal.ended);
  EXPECT_THAT(journal.most_at_once, Le(4));
  const auto stored = read_store(stage);
  ASSERT_TRUE(stored);
  expect_replayable(*stored);
}

}  // namespace
}  // namespace mimar::cli
