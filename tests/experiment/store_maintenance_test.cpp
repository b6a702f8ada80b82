#include "experiment/store/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "base/error.h"
#include "experiment/store/migrations.h"
#include "experiment/store/store.h"
#include "tests/experiment/run_sql.h"
#include "tests/support/make_experiment.h"
#include "tests/support/temporary_directory.h"

namespace mimar::experiment {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::make_experiment;
using testing_support::make_trial;
using testing_support::TemporaryDirectory;

ExperimentState running() {
  ExperimentState state;
  state.phase = ExperimentPhase::kRunning;
  return state;
}

/// Records a search trial and its end.
void add_trial(Store& store, const Experiment& experiment, hpo::TrialId number) {
  Trial trial = make_trial(experiment, number);
  store.record_proposals(experiment.uid, {trial});
  store.add_observations(experiment.uid, number, {{"w", 0, {"loss", 1, {}, "0.5"}}});
  trial.phase = TrialPhase::kSucceeded;
  trial.finished_at = TimePoint{};
  trial.metrics = {{"loss", "0.5", "0.5", "0.5"}};
  store.finish_trial(experiment.uid, trial, to_finished(experiment.spec, trial));
}

/// A store with an experiment of three trials, the last of which runs.
void fill(const fs::path& state_dir) {
  const Experiment experiment = make_experiment();
  const auto store = open_sqlite_store(state_dir);
  store->create_experiment(experiment, running());
  add_trial(*store, experiment, 0);
  add_trial(*store, experiment, 1);
  store->record_proposals(experiment.uid, {make_trial(experiment, 2)});
}

/// The store that the first version of the schema would have made, with one experiment.
void make_first_schema(const fs::path& state_dir) {
  const Experiment experiment = make_experiment();
  run_sql(
      state_dir / "mimar.db",
      concat(store_migrations()[0], "PRAGMA user_version = 1; PRAGMA application_id = ", 0x4d494d52,
             "; INSERT INTO experiments VALUES (1, '", experiment.uid, "', 'demo', 'default', '",
             experiment.object.dump(), "', 'Running', '', '', 5, 6, NULL, 0, 1)"));
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(StoreMaintenance, FindsASoundStoreSound) {
  const TemporaryDirectory directory;
  fill(directory.path());
  const StoreReport report = check_store(directory.path());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.num_experiments, 1);
  EXPECT_EQ(report.num_trials, 3);
  EXPECT_EQ(report.schema, report.newest_schema);
}

TEST(StoreMaintenance, NamesEachFault) {
  const std::map<std::string, std::string> faults = {
      {"DELETE FROM trials WHERE number = 0", "1 starts of processes belong to no trial"},
      {"DELETE FROM events WHERE position = 1", "1 logs have gaps"},
      {"UPDATE trials SET name = 'demo-x' WHERE number = 1", "demo/1: is called demo-x"},
      {"UPDATE trials SET phase = 'Failed' WHERE number = 1",
       "demo/1: is Failed, and the log says"},
      {"UPDATE trials SET finished_at = NULL WHERE number = 1", "has no time of its end"},
      {"UPDATE trials SET assignment = '{\"lr\":7.5}' WHERE number = 2", "demo/2: "},
      {"UPDATE trials SET log_position = 99 WHERE number = 2", "from a log of 99 events"},
      {"UPDATE experiments SET phase = 'Failed'", "demo/2: is Created in an experiment that has"},
      {"UPDATE experiments SET object = '{'", "demo: "},
      {"UPDATE trials SET experiment = 9 WHERE number = 2", "a row of trials belongs to nothing"},
      {"INSERT INTO enqueued (experiment, given, retry_of) VALUES (1, '', 7)",
       "1 retries in the queue name no trial"},
      {"INSERT INTO kill_requests VALUES (1, 7)", "1 requests to kill name no trial"},
      {"UPDATE trials SET purpose = 'retrain', retrain_of = 8 WHERE number = 2",
       "demo/2: trains no trial of the search anew"}};
  for (const auto& [sql, problem] : faults) {
    const TemporaryDirectory directory;
    fill(directory.path());
    run_sql(directory.path() / "mimar.db", sql);
    EXPECT_THAT(check_store(directory.path()).problems, Contains(HasSubstr(problem))) << sql;
  }
}

TEST(StoreMaintenance, SeesAFileThatWasOverwritten) {
  const TemporaryDirectory directory;
  fill(directory.path());
  run_sql(directory.path() / "mimar.db", "PRAGMA wal_checkpoint(TRUNCATE)");
  std::fstream file(directory.path() / "mimar.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(2 * 4096);  // where the third page begins
  file << std::string(2000, 'x');
  file.close();
  std::vector<std::string> problems;
  try {
    problems = check_store(directory.path()).problems;
  } catch (const Error& error) {
    problems.emplace_back(error.what());  // so broken that SQLite gives up
  }
  EXPECT_FALSE(problems.empty());
}

TEST(StoreMaintenance, NeedsAStore) {
  const TemporaryDirectory directory;
  EXPECT_EQ(code_of([&] { check_store(directory.path()); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { backup_store(directory.path(), directory.path() / "copy.db"); }),
            ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { vacuum_store(directory.path()); }), ErrorCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(directory.path()));
  EXPECT_EQ(store_bytes(directory.path()), 0U);
}

TEST(StoreMaintenance, ABackupIsAStore) {
  const TemporaryDirectory directory;
  fill(directory.path());
  const fs::path elsewhere = directory.path() / "elsewhere";
  fs::create_directories(elsewhere);
  backup_store(directory.path(), elsewhere / "mimar.db");
  EXPECT_EQ(std::distance(fs::directory_iterator(elsewhere), {}), 1);  // nothing unfinished stays
  const auto store = open_sqlite_store(directory.path());
  const auto copy = open_sqlite_store(elsewhere);
  const std::string uid = make_experiment().uid;
  EXPECT_EQ(copy->list_trials(uid), store->list_trials(uid));
  EXPECT_EQ(copy->list_observations(uid, 1), store->list_observations(uid, 1));
  EXPECT_THAT(check_store(elsewhere).problems, IsEmpty());
}

TEST(StoreMaintenance, ABackupOverwritesNothing) {
  const TemporaryDirectory directory;
  fill(directory.path());
  const fs::path file = directory.path() / "precious";
  std::ofstream(file) << "data";
  EXPECT_EQ(code_of([&] { backup_store(directory.path(), file); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(fs::file_size(file), 4U);
  EXPECT_THROW(backup_store(directory.path(), directory.path() / "no" / "such" / "folder"), Error);
}

TEST(StoreMaintenance, ABackupMadeWhileAnotherWritesIsOfOneMoment) {
  const TemporaryDirectory directory;
  const Experiment experiment = make_experiment();
  open_sqlite_store(directory.path())->create_experiment(experiment, running());
  std::jthread writer([&](const std::stop_token& stop) {
    const auto store = open_sqlite_store(directory.path());
    for (hpo::TrialId number = 0; !stop.stop_requested(); ++number) {
      store->transact([&] { add_trial(*store, experiment, number); });
    }
  });
  int last = -1;
  for (int i = 0; i < 10; ++i) {
    const fs::path copy = directory.path() / std::to_string(i);
    fs::create_directories(copy);
    backup_store(directory.path(), copy / "mimar.db");
    const StoreReport report = check_store(copy);
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_GE(report.num_trials, last);
    last = report.num_trials;
  }
  EXPECT_GT(last, 0);
}

TEST(StoreMaintenance, MigratesAfterKeepingACopy) {
  const TemporaryDirectory directory;
  make_first_schema(directory.path());
  EXPECT_EQ(check_store(directory.path()).schema, 1);
  const Migration done = migrate_store(directory.path());
  EXPECT_EQ(done.from, 1);
  EXPECT_EQ(done.to, static_cast<std::int64_t>(store_migrations().size()));
  EXPECT_EQ(done.backup, directory.path() / "mimar-schema-1.db");
  EXPECT_EQ(run_sql(*done.backup, "PRAGMA user_version"), "1");
  EXPECT_EQ(run_sql(*done.backup, "SELECT name FROM experiments"), "demo");

  const auto found = open_sqlite_store(directory.path())->find_experiment("demo");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->experiment.spec.max_trial_count, 4);
  EXPECT_TRUE(found->state.stop_requested);
  EXPECT_FALSE(found->state.paused);
  EXPECT_THAT(check_store(directory.path()).problems, IsEmpty());

  const Migration again = migrate_store(directory.path());
  EXPECT_EQ(again.from, again.to);
  EXPECT_FALSE(again.backup);
}

TEST(StoreMaintenance, EveryOpeningKeepsACopyOfAnOlderStore) {
  const TemporaryDirectory directory;
  make_first_schema(directory.path());
  std::ofstream(directory.path() / "mimar-schema-1.db") << "of an earlier time";
  open_sqlite_store(directory.path());
  EXPECT_EQ(fs::file_size(directory.path() / "mimar-schema-1.db"), 18U);
  EXPECT_EQ(run_sql(directory.path() / "mimar-schema-1-2.db", "PRAGMA user_version"), "1");
}

TEST(StoreMaintenance, RefusesAStoreOfANewerMimar) {
  const TemporaryDirectory directory;
  fill(directory.path());
  run_sql(directory.path() / "mimar.db", "PRAGMA user_version = 999");
  for (const auto& call : std::vector<std::function<void()>>{
           [&] { check_store(directory.path()); }, [&] { migrate_store(directory.path()); },
           [&] { vacuum_store(directory.path()); },
           [&] { backup_store(directory.path(), directory.path() / "copy.db"); }}) {
    EXPECT_EQ(code_of(call), ErrorCode::kFailedPrecondition);
  }
  EXPECT_FALSE(fs::exists(directory.path() / "copy.db"));
}

TEST(StoreMaintenance, GivesBackWhatDeletedThingsLeft) {
  const TemporaryDirectory directory;
  fill(directory.path());
  const auto store = open_sqlite_store(directory.path());
  const Experiment big = make_experiment("big");
  store->create_experiment(big, {});
  store->transact([&] {
    for (hpo::TrialId number = 0; number < 2000; ++number) add_trial(*store, big, number);
  });
  store->delete_experiment("big");
  const StoreSize size = vacuum_store(directory.path());
  EXPECT_LT(size.after, size.before / 2);
  EXPECT_EQ(size.after, store_bytes(directory.path()));
  EXPECT_THAT(check_store(directory.path()).problems, IsEmpty());
}

}  // namespace
}  // namespace mimar::experiment
