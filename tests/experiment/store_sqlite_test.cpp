#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/rng.h"
#include "experiment/store/migrations.h"
#include "experiment/store/store.h"
#include "tests/experiment/run_sql.h"
#include "tests/support/make_experiment.h"
#include "tests/support/temporary_directory.h"

namespace mimar::experiment {
namespace {

using testing::HasSubstr;
using testing_support::make_experiment;
using testing_support::make_trial;
using testing_support::TemporaryDirectory;

/// The error of opening a store, as its code and text.
std::pair<ErrorCode, std::string> open_error(const std::filesystem::path& directory) {
  try {
    open_sqlite_store(directory);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {ErrorCode::kInternal, "no error"};
}

TEST(SqliteStore, IsThereAgainAfterClosing) {
  const TemporaryDirectory directory;
  const auto below = directory.path() / "made" / "as-needed";
  const Experiment experiment = make_experiment();
  {
    const auto store = open_sqlite_store(below);
    store->create_experiment(experiment, {});
    store->record_proposals(experiment.uid, {make_trial(experiment, 0)});
  }
  const auto store = open_sqlite_store(below);
  EXPECT_THAT(store->list_trials(experiment.uid), testing::ElementsAre(make_trial(experiment, 0)));
  EXPECT_EQ(run_sql(below / "mimar.db", "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(run_sql(below / "mimar.db", "PRAGMA user_version"),
            std::to_string(store_migrations().size()));
}

TEST(SqliteStore, TwoConnectionsSeeEachOthersCommits) {
  const TemporaryDirectory directory;
  const Experiment experiment = make_experiment();
  const auto one = open_sqlite_store(directory.path());
  const auto other = open_sqlite_store(directory.path());
  one->create_experiment(experiment, {});
  one->transact([&] {
    one->record_proposals(experiment.uid, {make_trial(experiment, 0)});
    EXPECT_TRUE(other->list_trials(experiment.uid).empty());
  });
  EXPECT_EQ(other->list_trials(experiment.uid).size(), 1U);
}

TEST(SqliteStore, RefusesAFileOfANewerMimar) {
  const TemporaryDirectory directory;
  open_sqlite_store(directory.path());
  run_sql(directory.path() / "mimar.db", "PRAGMA user_version = 999");
  const auto [code, message] = open_error(directory.path());
  EXPECT_EQ(code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(message, HasSubstr("written by a newer Mimar (schema 999"));
  EXPECT_THAT(message, HasSubstr((directory.path() / "mimar.db").string()));
}

TEST(SqliteStore, RefusesWhatIsNoDatabase) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "mimar.db") << std::string(5000, 'x');
  const auto [code, message] = open_error(directory.path());
  EXPECT_EQ(code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(message, HasSubstr("file is not a database"));
  EXPECT_THAT(message, HasSubstr((directory.path() / "mimar.db").string()));
}

TEST(SqliteStore, RefusesADatabaseOfAnotherProgram) {
  const TemporaryDirectory directory;
  run_sql(directory.path() / "mimar.db", "CREATE TABLE songs (title TEXT)");
  const auto [code, message] = open_error(directory.path());
  EXPECT_EQ(code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(message, HasSubstr("database of another program"));
}

TEST(SqliteStore, RefusesADirectoryThatCannotBeMade) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "file") << "x";
  EXPECT_EQ(open_error(directory.path() / "file" / "below").first, ErrorCode::kFailedPrecondition);
}

TEST(SqliteStore, OneUnreadableExperimentHidesNoOther) {
  const TemporaryDirectory directory;
  const auto store = open_sqlite_store(directory.path());
  store->create_experiment(make_experiment("good"), {});
  store->create_experiment(make_experiment("bad"), {});
  run_sql(directory.path() / "mimar.db", "UPDATE experiments SET object = '{' WHERE name = 'bad'");
  EXPECT_EQ(store->list_experiments().size(), 1U);
  EXPECT_THROW(store->find_experiment("bad"), Error);
  store->delete_experiment("bad");
}

TEST(SqliteStore, KeepsTextThatIsNoUtf8OutOfItsJson) {
  const TemporaryDirectory directory;
  const auto store = open_sqlite_store(directory.path());
  const Experiment experiment = make_experiment();
  store->create_experiment(experiment, {});
  Trial trial = make_trial(experiment, 0);
  store->record_proposals(experiment.uid, {trial});
  trial.phase = TrialPhase::kSucceeded;
  trial.metrics = {{"loss", "1", "1", "\xff"}};
  store->finish_trial(experiment.uid, trial, to_finished(experiment.spec, trial));
  EXPECT_EQ(store->find_trial(experiment.uid, 0)->metrics[0].latest, "\xef\xbf\xbd");
}

/// Writes without end: per trial one transaction with its proposal and another with its metrics and
/// its end. Tells over the pipe each trial whose end was committed.
[[noreturn]] void write_until_killed(const std::filesystem::path& directory, int out) {
  const Experiment experiment = make_experiment();
  const auto store = open_sqlite_store(directory);
  auto number = static_cast<hpo::TrialId>(store->list_trials(experiment.uid).size());
  for (;; ++number) {
    Trial trial = make_trial(experiment, number);
    store->record_proposals(experiment.uid, {trial});
    store->transact([&] {
      for (std::int64_t i = 0; i < 5; ++i) {
        store->add_observations(experiment.uid, number, {{"w", i, {"loss", i, {}, "1"}}});
      }
      trial.phase = TrialPhase::kSucceeded;
      trial.metrics = {{"loss", "1", "1", "1"}};
      store->finish_trial(experiment.uid, trial, to_finished(experiment.spec, trial));
    });
    if (write(out, &number, sizeof number) != sizeof number) _exit(1);
  }
}

/// Starts a writer, kills it some trials and a random time later, and adds the trials that it told
/// of.
void write_and_kill(const std::filesystem::path& directory, Rng& rng,
                    std::set<hpo::TrialId>& told) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) fail_errno("pipe");
  const pid_t child = fork();
  if (child == 0) {
    close(pipe_ends[0]);
    write_until_killed(directory, pipe_ends[1]);
  }
  close(pipe_ends[1]);
  hpo::TrialId number = 0;
  for (std::uint64_t waits = rng.index(4); waits > 0; --waits) {
    if (read(pipe_ends[0], &number, sizeof number) == sizeof number) told.insert(number);
  }
  std::this_thread::sleep_for(std::chrono::microseconds(rng.index(10'000)));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
  while (read(pipe_ends[0], &number, sizeof number) == sizeof number) told.insert(number);
  close(pipe_ends[0]);
}

TEST(SqliteStore, SurvivesKillAtAnyMoment) {
  const TemporaryDirectory directory;
  const Experiment experiment = make_experiment();
  open_sqlite_store(directory.path())->create_experiment(experiment, {});
  Rng rng(5);
  std::set<hpo::TrialId> told;
  for (int round = 0; round < 25; ++round) {
    write_and_kill(directory.path(), rng, told);
    EXPECT_EQ(run_sql(directory.path() / "mimar.db", "PRAGMA integrity_check"), "ok");
    const auto store = open_sqlite_store(directory.path());
    const std::vector<Trial> trials = store->list_trials(experiment.uid);
    const hpo::History history = store->load_history(experiment.uid);
    ASSERT_EQ(history.trials().size(), trials.size());
    ASSERT_TRUE(told.empty() || *told.rbegin() < static_cast<hpo::TrialId>(trials.size()));
    for (std::size_t i = 0; i < trials.size(); ++i) {
      // All or nothing: the end, its event and all five observations, or none of them.
      const bool ended = is_final(trials[i].phase);
      ASSERT_EQ(trials[i].number, static_cast<hpo::TrialId>(i));
      ASSERT_EQ(hpo::is_final(history.trials()[i].state), ended);
      const auto observations = store->list_observations(experiment.uid, trials[i].number);
      ASSERT_EQ(observations.size(), ended ? 5U : 0U);
      // Durable: what the writer was told is committed is there.
      ASSERT_TRUE(ended || !told.contains(trials[i].number));
    }
  }
  EXPECT_GT(told.size(), 20U);
}

}  // namespace
}  // namespace mimar::experiment
