#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <limits>
#include <ostream>

#include "base/error.h"
#include "base/number_text.h"
#include "base/rng.h"
#include "experiment/store/rows.h"
#include "experiment/store/store.h"
#include "tests/support/make_experiment.h"
#include "tests/support/temporary_directory.h"

namespace mimar::experiment {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::make_experiment;
using testing_support::make_trial;
using testing_support::TemporaryDirectory;

struct StoreCase {
  std::string name;
  std::function<std::unique_ptr<Store>(const std::filesystem::path&)> make;

  friend std::ostream& operator<<(std::ostream& out, const StoreCase& store) {
    return out << store.name;
  }
};

TimePoint at(int second) { return TimePoint{} + seconds(second); }

Observation observation(std::int64_t step, std::string value, std::string metric = "loss") {
  return {std::move(metric), step, at(static_cast<int>(step)), std::move(value)};
}

/// The history as text: comparable where NaN is not.
std::string dump(const hpo::History& history) {
  std::string text;
  for (const hpo::Event& event : history.events()) {
    if (const auto* proposed = std::get_if<hpo::Proposed>(&event)) {
      text += concat("proposed ", assignment_to_column(proposed->assignment), " ",
                     proposed->origin.log_position, "\n");
    } else if (const auto* finished = std::get_if<hpo::Finished>(&event)) {
      text += concat("finished ", finished->trial, " ", finished_to_column(*finished), "\n");
    } else if (const auto* reported = std::get_if<hpo::Reported>(&event)) {
      text += concat("reported ", reported->trial, " ", reported_to_column(*reported), "\n");
    }
  }
  return text;
}

/// A trial with every field set.
Trial full_trial(const Experiment& experiment, hpo::TrialId number) {
  Trial trial = make_trial(experiment, number,
                           {{"lr", 0.1}, {"layers", std::int64_t{3}}, {"optimizer", "sgd \"x\""}});
  trial.proposal.budget = 9.0;
  trial.proposal.continue_from = 0;
  trial.proposal.replicate = true;
  trial.proposal.labels = {{"rung", "2"}};
  trial.proposal.origin = {5, 3, 1};
  trial.created_at = at(1);
  return trial;
}

class StoreContract : public testing::TestWithParam<StoreCase> {
 protected:
  void create(const std::string& name = "demo", int second = 0) {
    ExperimentState state;
    state.created_at = at(second);
    store_->create_experiment(make_experiment(name), state);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_ = GetParam().make(directory_.path());
  const Experiment experiment_ = make_experiment();
  const std::string uid_ = experiment_.uid;
};

TEST_P(StoreContract, KeepsExperimentsByNameAndTime) {
  create("late", 20);
  create("early", 10);
  EXPECT_EQ(store_->find_experiment("none"), std::nullopt);
  const auto found = store_->find_experiment("early");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->experiment.uid, "uid-of-early");
  EXPECT_EQ(found->experiment.object["spec"]["maxTrialCount"], 4);
  EXPECT_EQ(found->experiment.spec.max_trial_count, 4);
  EXPECT_EQ(found->experiment.spec.trial_template->primary_container_name, "train");
  const auto all = store_->list_experiments();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].experiment.name, "early");
  EXPECT_EQ(all[1].experiment.name, "late");
}

TEST_P(StoreContract, RefusesASecondExperimentOfTheSameName) {
  create();
  Experiment other = make_experiment();
  other.uid = "another";
  try {
    store_->create_experiment(other, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
  }
}

TEST_P(StoreContract, KeepsTheState) {
  create();
  ExperimentState state;
  state.phase = ExperimentPhase::kRetraining;
  state.reason = "ExperimentGoalReached";
  state.message = "line\none 'two'";
  state.created_at = at(1);
  state.started_at = at(2);
  state.finished_at = at(3);
  state.search_exhausted = true;
  state.stop_requested = true;
  state.paused = true;
  store_->update_state(uid_, state);
  EXPECT_EQ(store_->find_experiment("demo")->state, state);
  EXPECT_THROW(store_->update_state("gone", state), Error);
}

TEST_P(StoreContract, TellsWhatIsAskedForUntilItIsDone) {
  create();
  create("other");
  EXPECT_EQ(store_->find_requests(uid_), Requests{});
  store_->record_proposals(uid_, {make_trial(experiment_, 0), make_trial(experiment_, 1)});
  store_->request_kill(uid_, 1);
  store_->request_kill(uid_, 1);
  ExperimentState state;
  state.paused = true;
  store_->update_state(uid_, state);
  const EnqueuedTrial given{.id = 7, .given = {{"lr", "0.5"}, {"text", "a \"b\""}}, .retry_of = {}};
  const std::int64_t first = store_->enqueue(uid_, given);
  const std::int64_t second = store_->enqueue(uid_, {.id = 0, .given = {}, .retry_of = 1});
  EXPECT_LT(first, second);

  Requests requests = store_->find_requests(uid_);
  EXPECT_TRUE(requests.paused);
  EXPECT_FALSE(requests.stop);
  EXPECT_THAT(requests.kills, ElementsAre(1));
  EXPECT_THAT(requests.enqueued,
              ElementsAre(EnqueuedTrial{first, given.given, {}}, EnqueuedTrial{second, {}, 1}));
  EXPECT_EQ(store_->find_requests("uid-of-other"), Requests{});

  Trial killed = make_trial(experiment_, 1);
  killed.phase = TrialPhase::kKilled;
  store_->finish_trial(uid_, killed, {});
  store_->request_kill(uid_, 1);  // has ended
  store_->remove_enqueued(uid_, first);
  requests = store_->find_requests(uid_);
  EXPECT_THAT(requests.kills, IsEmpty());
  EXPECT_THAT(requests.enqueued, ElementsAre(EnqueuedTrial{second, {}, 1}));
  EXPECT_GT(store_->enqueue(uid_, given), second);
}

TEST_P(StoreContract, ReplacesTheObject) {
  create();
  Experiment edited = make_experiment();
  edited.object["spec"]["maxTrialCount"] = 40;
  edited.spec.max_trial_count = 40;
  store_->update_experiment(edited);
  EXPECT_EQ(store_->find_experiment("demo")->experiment.object["spec"]["maxTrialCount"], 40);
  EXPECT_EQ(store_->find_experiment("demo")->experiment.spec.max_trial_count, 40);
  edited.uid = "gone";
  EXPECT_THROW(store_->update_experiment(edited), Error);
}

TEST_P(StoreContract, DeletesAnExperimentWithEverything) {
  create();
  create("other");
  store_->record_proposals(uid_, {make_trial(experiment_, 0)});
  store_->add_observations(uid_, 0, {{"w", 0, observation(1, "1")}});
  store_->delete_experiment("demo");
  EXPECT_THROW(store_->delete_experiment("demo"), Error);
  EXPECT_THROW(store_->list_trials(uid_), Error);
  EXPECT_THAT(store_->list_experiments(), SizeIs(1));
  create();
  EXPECT_THAT(store_->list_trials(uid_), IsEmpty());
  EXPECT_THAT(store_->list_observations(uid_, 0), IsEmpty());
  EXPECT_EQ(store_->load_history(uid_).size(), 0U);
}

TEST_P(StoreContract, KeepsEveryFieldOfATrial) {
  create();
  Trial trial = full_trial(experiment_, 0);
  store_->record_proposals(uid_, {trial});
  EXPECT_THAT(store_->list_trials(uid_), ElementsAre(trial));
  EXPECT_EQ(store_->find_trial(uid_, 1), std::nullopt);

  store_->mark_running(uid_, 0, at(2));
  trial.phase = TrialPhase::kRunning;
  trial.started_at = at(2);
  EXPECT_EQ(store_->find_trial(uid_, 0), trial);

  trial.phase = TrialPhase::kFailed;
  trial.reason = "TrialFailed";
  trial.message = "exit code 3";
  trial.exit_code = 3;
  trial.finished_at = at(9);
  trial.last_report_at = at(8);
  trial.metrics = {{"loss", "0.1", "0.5", "nan"}, {"Genotype", "unavailable", "unavailable", "'"}};
  store_->finish_trial(uid_, trial, to_finished(experiment_.spec, trial));
  EXPECT_THAT(store_->list_trials(uid_), ElementsAre(trial));
}

TEST_P(StoreContract, KeepsTheLogOfProposalsAndEnds) {
  create();
  hpo::History expected;
  std::vector<Trial> trials = {full_trial(experiment_, 0), make_trial(experiment_, 1)};
  store_->record_proposals(uid_, trials);
  for (const Trial& trial : trials) expected.append(trial.proposal);
  trials[1].phase = TrialPhase::kSucceeded;
  const double infinity = std::numeric_limits<double>::infinity();
  const hpo::Finished finished{
      1, hpo::TrialState::kSucceeded, {0.1, std::nan(""), -infinity}, {infinity, -1.5}};
  store_->finish_trial(uid_, trials[1], finished);
  expected.append(finished);
  store_->record_proposals(uid_, {make_trial(experiment_, 2, {{"lr", 1.0}})});
  expected.append(make_trial(experiment_, 2, {{"lr", 1.0}}).proposal);

  const hpo::History history = store_->load_history(uid_);
  EXPECT_EQ(dump(history), dump(expected));
  EXPECT_EQ(history.trial(0), expected.trial(0));
  EXPECT_EQ(history.trial(2), expected.trial(2));
}

TEST_P(StoreContract, KeepsReportsInTheLogUntilTheTrialEnds) {
  create();
  const std::string& uid = experiment_.uid;
  store_->record_proposals(uid, {make_trial(experiment_, 0), make_trial(experiment_, 1)});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  store_->append_reports(uid, {{0, 1, {0.5, nan}}, {1, 100, {-1e300, 2.0}}});
  Trial ended = make_trial(experiment_, 0);
  ended.phase = TrialPhase::kFailed;
  store_->finish_trial(uid, ended, to_finished(experiment_.spec, ended));
  store_->append_reports(uid, {{0, 2, {0.25, nan}}, {1, 200, {3.0, 4.0}}});
  store_->append_reports(uid, {});
  const hpo::History history = store_->load_history(uid);
  EXPECT_EQ(history.size(), 6U);
  ASSERT_THAT(history.trial(0).reports, SizeIs(1));
  EXPECT_EQ(history.trial(0).reports[0].step, 1);
  EXPECT_THAT(history.trial(0).reports[0].objectives, ElementsAre(0.5, testing::IsNan()));
  EXPECT_THAT(history.trial(1).reports,
              ElementsAre(hpo::Reported{1, 100, {-1e300, 2.0}}, hpo::Reported{1, 200, {3.0, 4.0}}));
}

TEST_P(StoreContract, ATrialEndsOnce) {
  create();
  Trial trial = make_trial(experiment_, 0);
  store_->record_proposals(uid_, {trial});
  trial.phase = TrialPhase::kSucceeded;
  trial.metrics = {{"loss", "1", "1", "1"}};
  store_->finish_trial(uid_, trial, to_finished(experiment_.spec, trial));
  Trial again = trial;
  again.phase = TrialPhase::kFailed;
  store_->finish_trial(uid_, again, to_finished(experiment_.spec, again));
  store_->mark_running(uid_, 0, at(5));
  store_->add_observations(uid_, 0, {{"late", 0, observation(7, "1")}});
  EXPECT_EQ(store_->find_trial(uid_, 0), trial);
  EXPECT_EQ(store_->load_history(uid_).size(), 2U);
}

TEST_P(StoreContract, RetrainTrialsAreNoPartOfTheSearch) {
  create();
  store_->record_proposals(uid_, {make_trial(experiment_, 0)});
  Trial trial = full_trial(experiment_, 1);
  trial.purpose = TrialPurpose::kRetrain;
  trial.retrain_of = 0;
  store_->record_retrain(uid_, trial);
  EXPECT_EQ(store_->find_trial(uid_, 1), trial);
  EXPECT_EQ(store_->load_history(uid_).size(), 1U);
  EXPECT_EQ(store_->count_trials(uid_), (TrialCounts{.total = 1, .created = 1}));
  trial.phase = TrialPhase::kSucceeded;
  store_->finish_trial(uid_, trial, std::nullopt);
  EXPECT_EQ(store_->find_trial(uid_, 1)->phase, TrialPhase::kSucceeded);
  EXPECT_EQ(store_->load_history(uid_).size(), 1U);
}

TEST_P(StoreContract, CountsTrialsByPhase) {
  create();
  const std::vector<TrialPhase> ends = {TrialPhase::kSucceeded,    TrialPhase::kFailed,
                                        TrialPhase::kFailed,       TrialPhase::kKilled,
                                        TrialPhase::kEarlyStopped, TrialPhase::kMetricsUnavailable};
  std::vector<Trial> trials;
  for (hpo::TrialId i = 0; i < 8; ++i) trials.push_back(make_trial(experiment_, i));
  store_->record_proposals(uid_, trials);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    trials[i].phase = ends[i];
    store_->finish_trial(uid_, trials[i], to_finished(experiment_.spec, trials[i]));
  }
  store_->mark_running(uid_, 6, at(1));
  EXPECT_EQ(store_->count_trials(uid_), (TrialCounts{8, 1, 1, 1, 2, 1, 1, 1}));
}

TEST_P(StoreContract, StoresEachObservationOnce) {
  create();
  store_->record_proposals(uid_, {make_trial(experiment_, 0), make_trial(experiment_, 1)});
  store_->add_observations(uid_, 0,
                           {{"w", 0, observation(1, "0.5")}, {"w", 1, observation(2, "x")}});
  store_->add_observations(uid_, 0, {{"w", 1, observation(2, "y")}, {"w", 2, observation(3, "z")}});
  store_->add_observations(uid_, 1, {{"w", 0, observation(1, "other")}});
  EXPECT_THAT(store_->list_observations(uid_, 0),
              ElementsAre(observation(1, "0.5"), observation(2, "x"), observation(3, "z")));
  EXPECT_THAT(store_->list_observations(uid_, 1), ElementsAre(observation(1, "other")));
  EXPECT_EQ(store_->find_trial(uid_, 0)->last_report_at, at(3));
}

TEST_P(StoreContract, OfOneStepTheLaterWriterCounts) {
  create();
  store_->record_proposals(uid_, {make_trial(experiment_, 0)});
  store_->add_observations(uid_, 0,
                           {{"first", 0, observation(1, "a")},
                            {"first", 1, observation(2, "b")},
                            {"first", 2, observation(2, "b", "accuracy")}});
  store_->add_observations(
      uid_, 0, {{"second", 0, observation(2, "c")}, {"second", 1, observation(3, "d")}});
  // What the first writer still had on its way does not win over the second.
  store_->add_observations(uid_, 0, {{"first", 3, observation(3, "e")}});
  EXPECT_THAT(store_->list_observations(uid_, 0),
              ElementsAre(observation(1, "a"), observation(2, "b", "accuracy"), observation(2, "c"),
                          observation(3, "d")));
}

TEST_P(StoreContract, OrdersObservationsByStepTimeArrival) {
  create();
  store_->record_proposals(uid_, {make_trial(experiment_, 0)});
  Observation early = observation(5, "early");
  early.time = at(1);
  store_->add_observations(uid_, 0,
                           {{"w", 0, observation(5, "first")},
                            {"w", 1, observation(5, "second")},
                            {"w", 2, early},
                            {"w", 3, observation(4, "step 4")}});
  std::vector<std::string> values;
  for (const auto& seen : store_->list_observations(uid_, 0)) values.push_back(seen.value);
  EXPECT_THAT(values, ElementsAre("step 4", "early", "first", "second"));
}

TEST_P(StoreContract, ATransactionIsAllOrNothing) {
  create();
  const auto body = [&] {
    store_->record_proposals(uid_, {make_trial(experiment_, 0)});
    store_->mark_running(uid_, 0, at(1));
    fail(ErrorCode::kUnavailable, "the lights go out");
  };
  EXPECT_THROW(store_->transact(body), Error);
  EXPECT_THAT(store_->list_trials(uid_), IsEmpty());
  EXPECT_EQ(store_->load_history(uid_).size(), 0U);
  store_->transact([&] { store_->record_proposals(uid_, {make_trial(experiment_, 0)}); });
  EXPECT_THAT(store_->list_trials(uid_), SizeIs(1));
}

TEST_P(StoreContract, AnInnerTransactionMayFailAlone) {
  create();
  store_->transact([&] {
    store_->record_proposals(uid_, {make_trial(experiment_, 0)});
    EXPECT_THROW(store_->transact([&] {
      store_->mark_running(uid_, 0, at(1));
      fail(ErrorCode::kUnavailable, "inside");
    }),
                 Error);
  });
  EXPECT_EQ(store_->find_trial(uid_, 0)->phase, TrialPhase::kCreated);
}

SavedController saved(std::string name, std::string digest, std::string experiment_uid) {
  return {.name = std::move(name),
          .digest = std::move(digest),
          .bytes = 5,
          .created_at = at(3),
          .experiment = "demo",
          .experiment_uid = std::move(experiment_uid)};
}

TEST_P(StoreContract, NumbersTheVersionsOfAController) {
  EXPECT_EQ(store_->add_controller(saved("b", "d1", "u1")).version, 1);
  EXPECT_EQ(store_->add_controller(saved("b", "d2", "u1")).version, 2);
  EXPECT_EQ(store_->add_controller(saved("a", "d1", "u1")).version, 1);
  // The same again, after a crash say.
  EXPECT_EQ(store_->add_controller(saved("b", "d2", "u1")).version, 2);
  // The same file from another experiment is another version.
  EXPECT_EQ(store_->add_controller(saved("b", "d2", "u2")).version, 3);
  std::vector<std::string> names;
  for (const SavedController& one : store_->list_controllers()) {
    names.push_back(concat(one.name, one.version));
    EXPECT_EQ(one.bytes, 5);
    EXPECT_EQ(one.created_at, at(3));
  }
  EXPECT_THAT(names, ElementsAre("a1", "b1", "b2", "b3"));
}

TEST_P(StoreContract, ADeletedVersionsNumberIsNotGivenAgain) {
  store_->add_controller(saved("b", "d1", "u1"));
  EXPECT_TRUE(store_->delete_controller("b", 1));
  EXPECT_FALSE(store_->delete_controller("b", 1));
  EXPECT_FALSE(store_->delete_controller("c", 1));
  EXPECT_THAT(store_->list_controllers(), IsEmpty());
  EXPECT_EQ(store_->add_controller(saved("b", "d1", "u1")).version, 2);
}

TEST_P(StoreContract, AnExperimentStaysWithTheControllerItStartedFrom) {
  create();
  EXPECT_EQ(store_->pin_controller(uid_, ""), "");
  EXPECT_THAT(store_->list_pinned_controllers(), IsEmpty());
  EXPECT_EQ(store_->pin_controller(uid_, "d1"), "d1");
  EXPECT_EQ(store_->pin_controller(uid_, "d2"), "d1");
  EXPECT_THAT(store_->list_pinned_controllers(), ElementsAre("d1"));
  EXPECT_THROW(store_->pin_controller("gone", "d1"), Error);
}

TEST_P(StoreContract, UnknownExperimentsAreNotFound) {
  EXPECT_THROW(store_->list_trials("gone"), Error);
  EXPECT_THROW(store_->load_history("gone"), Error);
  EXPECT_THROW(store_->record_proposals("gone", {make_trial(experiment_, 0)}), Error);
  EXPECT_THROW(store_->count_trials("gone"), Error);
}

INSTANTIATE_TEST_SUITE_P(
    AllStores, StoreContract,
    testing::Values(StoreCase{"Sqlite", open_sqlite_store},
                    StoreCase{"Memory", [](const auto&) { return make_memory_store(); }}),
    [](const auto& instance) { return instance.param.name; });

/// One random call, the same on every store that gets the same `rng`.
void act(Store& store, const Experiment& experiment, Rng& rng) {
  const std::string& uid = experiment.uid;
  const auto trials = static_cast<hpo::TrialId>(store.list_trials(uid).size());
  const auto any = static_cast<hpo::TrialId>(rng.index(static_cast<std::uint64_t>(trials) + 1));
  switch (rng.index(6)) {
    case 5:
      if (any < trials) store.append_reports(uid, {{any, trials, {rng.uniform()}}});
      break;
    case 0:
      store.record_proposals(uid, {make_trial(experiment, trials, {{"lr", rng.uniform()}})});
      break;
    case 1:
      store.mark_running(uid, any, at(static_cast<int>(rng.index(100))));
      break;
    case 2: {
      if (any == trials) break;
      Trial trial = make_trial(experiment, any);
      trial.phase = rng.index(2) == 0 ? TrialPhase::kSucceeded : TrialPhase::kFailed;
      trial.metrics = {{"loss", "1", "2", to_text(rng.uniform())}};
      store.finish_trial(uid, trial, to_finished(experiment.spec, trial));
      break;
    }
    case 3: {
      std::vector<StoredObservation> batch;
      for (std::uint64_t i = rng.index(4); i > 0; --i) {
        batch.push_back(
            {concat("writer", rng.index(3)), static_cast<std::int64_t>(rng.index(6)),
             observation(static_cast<std::int64_t>(rng.index(4)), to_text(rng.uniform()))});
      }
      if (any < trials) store.add_observations(uid, any, batch);
      break;
    }
    default:
      try {
        const bool fails = rng.index(2) == 0;
        store.transact([&] {
          act(store, experiment, rng);
          if (fails) fail(ErrorCode::kUnavailable, "undo");
        });
      } catch (const Error&) {
        break;
      }
  }
}

TEST(StorePair, SqliteAndMemoryAgreeOnRandomCalls) {
  const char* repeated = std::getenv("MIMAR_TEST_SEED");
  const std::uint64_t first = repeated == nullptr ? 0 : std::stoull(repeated);
  for (std::uint64_t seed = first; seed < first + (repeated == nullptr ? 6 : 1); ++seed) {
    SCOPED_TRACE(testing::Message() << "MIMAR_TEST_SEED=" << seed);
    const TemporaryDirectory directory;
    const auto sqlite = open_sqlite_store(directory.path());
    const auto memory = make_memory_store();
    const Experiment experiment = make_experiment();
    for (Store* store : {sqlite.get(), memory.get()}) {
      store->create_experiment(experiment, {});
      Rng rng(seed);
      for (int call = 0; call < 60; ++call) act(*store, experiment, rng);
    }
    const std::string& uid = experiment.uid;
    const std::vector<Trial> trials = sqlite->list_trials(uid);
    EXPECT_EQ(trials, memory->list_trials(uid));
    EXPECT_EQ(sqlite->count_trials(uid), memory->count_trials(uid));
    EXPECT_EQ(dump(sqlite->load_history(uid)), dump(memory->load_history(uid)));
    for (const Trial& trial : trials) {
      EXPECT_EQ(sqlite->list_observations(uid, trial.number),
                memory->list_observations(uid, trial.number));
    }
  }
}

}  // namespace
}  // namespace mimar::experiment
