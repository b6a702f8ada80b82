#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "experiment/enqueued_trial.h"
#include "experiment/experiment.h"
#include "experiment/reconcile.h"
#include "experiment/store/saved_controller.h"
#include "experiment/trial.h"
#include "hpo/history.h"

namespace mimar::experiment {

/// An experiment with its state, as stored.
struct StoredExperiment {
  Experiment experiment;
  ExperimentState state;
};

/// One observation with the key that makes it exactly-once: for the same (trial, writer, sequence)
/// the first arrival stays.
struct StoredObservation {
  std::string writer;  // random id made with each spool (each start of a trial's process)
  std::int64_t sequence = 0;
  Observation observation;
};

/// What users have asked of an experiment, to be heeded by the process that runs it.
struct Requests {
  bool stop = false;
  bool paused = false;
  std::vector<hpo::TrialId> kills;      // trials to end, by number
  std::vector<EnqueuedTrial> enqueued;  // trials to come next, in order

  bool operator==(const Requests&) const = default;
};

/// Counts of the search's trials, shown in lists without loading them.
struct TrialCounts {
  int total = 0, created = 0, running = 0, succeeded = 0, failed = 0, killed = 0, early_stopped = 0,
      metrics_unavailable = 0;

  bool operator==(const TrialCounts&) const = default;
};

/// Keeps experiments, their trials, the event log and the metrics. Every write is all or nothing
/// and durable when it returns; a crash between two writes loses neither.
///
/// Two implementations, one contract suite: SQLite and memory (tests).
///
/// Thread safety: none; each thread opens its own. One process at a time may hold an experiment's
/// run lock.
class Store {
 public:
  virtual ~Store() = default;

  // Experiments --------------------------------------------------------------------------------
  /// Errors: kAlreadyExists.
  virtual void create_experiment(const Experiment& experiment, const ExperimentState& state) = 0;
  virtual std::optional<StoredExperiment> find_experiment(std::string_view name) = 0;
  virtual std::vector<StoredExperiment> list_experiments() = 0;  // by creation time
  virtual void update_state(std::string_view uid, const ExperimentState& state) = 0;
  /// Replaces the object and spec (an edited budget). Errors: kNotFound.
  virtual void update_experiment(const Experiment& experiment) = 0;
  /// Removes the experiment and everything of it. Errors: kNotFound.
  virtual void delete_experiment(std::string_view name) = 0;

  // Trials and the event log -------------------------------------------------------------------
  /// Records new search trials and their Proposed events in one transaction.
  virtual void record_proposals(std::string_view uid, const std::vector<Trial>& trials) = 0;
  /// Records a retrain trial (no event: it is no part of the search).
  virtual void record_retrain(std::string_view uid, const Trial& trial) = 0;
  /// Notes the start of a trial's process (again after a crash). Nothing once the trial has ended.
  virtual void mark_running(std::string_view uid, hpo::TrialId trial, TimePoint at) = 0;
  /// Stores the end of a trial and, for a search trial, its Finished event, in one transaction.
  /// Does nothing when the trial has ended before (a repeated call after a crash).
  virtual void finish_trial(std::string_view uid, const Trial& trial,
                            const std::optional<hpo::Finished>& event) = 0;
  /// Appends what trials reported to the log; nothing of a trial that has ended.
  virtual void append_reports(std::string_view uid, const std::vector<hpo::Reported>& reports) = 0;
  virtual std::vector<Trial> list_trials(std::string_view uid) = 0;  // by number
  virtual std::optional<Trial> find_trial(std::string_view uid, hpo::TrialId number) = 0;
  virtual TrialCounts count_trials(std::string_view uid) = 0;
  virtual hpo::History load_history(std::string_view uid) = 0;

  // Requests -----------------------------------------------------------------------------------
  /// What is asked for and not yet done. Cheap enough to be called several times a second.
  virtual Requests find_requests(std::string_view uid) = 0;
  /// Asks for a trial's end. Nothing once it has ended; its end takes the request away.
  virtual void request_kill(std::string_view uid, hpo::TrialId trial) = 0;
  /// Puts a trial at the end of the queue, whatever its id says; returns the id that it gets.
  virtual std::int64_t enqueue(std::string_view uid, const EnqueuedTrial& trial) = 0;
  /// Takes a trial out of the queue, in the transaction that records it. Nothing when it is gone.
  virtual void remove_enqueued(std::string_view uid, std::int64_t id) = 0;

  // Metrics ------------------------------------------------------------------------------------
  /// Stores a batch of one trial's observations; repeated (writer, sequence) pairs are ignored.
  /// Moves the last_report_at of a trial that has not ended.
  virtual void add_observations(std::string_view uid, hpo::TrialId trial,
                                const std::vector<StoredObservation>& batch) = 0;
  /// All observations of a trial in order of step, time, arrival. For one metric and step the
  /// later writer counts: earlier writers' values of that step are left out.
  virtual std::vector<Observation> list_observations(std::string_view uid, hpo::TrialId trial) = 0;

  // Saved controllers --------------------------------------------------------------------------
  /// Adds the next version of a name, one that it never had before, and returns it; `version` is
  /// not read. An experiment that saves the same file under the same name again gets the version
  /// that it has. The file itself is among the artefacts before.
  virtual SavedController add_controller(SavedController controller) = 0;
  virtual std::vector<SavedController> list_controllers() = 0;  // by name, then version
  /// False when there is none.
  virtual bool delete_controller(std::string_view name, int version) = 0;
  /// Notes the digest of the controller that an experiment starts from, if none was noted before.
  /// Returns the one that is noted; an empty `digest` only asks. Errors: kNotFound.
  virtual std::string pin_controller(std::string_view uid, std::string_view digest) = 0;
  /// Digests of all controllers that experiments started from.
  virtual std::vector<std::string> list_pinned_controllers() = 0;

  // Grouping -----------------------------------------------------------------------------------
  /// Runs `body` in one transaction: group commit for many small writes.
  virtual void transact(const std::function<void()>& body) = 0;
};

/// Opens (creating and migrating as needed) the SQLite store in `state_dir`/mimar.db.
/// Errors: kFailedPrecondition when the file was written by a newer Mimar or is no store, with the
/// file's name; kUnavailable when it stays locked for 10 s.
std::unique_ptr<Store> open_sqlite_store(const std::filesystem::path& state_dir);

/// A store that lives in memory, for tests.
std::unique_ptr<Store> make_memory_store();

}  // namespace mimar::experiment
