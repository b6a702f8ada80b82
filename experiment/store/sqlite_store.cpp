#include <map>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "experiment/parse.h"
#include "experiment/store/rows.h"
#include "experiment/store/schema.h"
#include "experiment/store/sqlite.h"
#include "experiment/store/sqlite_controllers.h"
#include "experiment/store/store.h"

namespace mimar::experiment {

namespace {

using experiment::to_column;  // of times, beside those below

std::int64_t to_column(int value) { return value; }

std::optional<std::int64_t> to_column(const std::optional<int>& value) {
  return value ? std::optional<std::int64_t>(*value) : std::nullopt;
}

constexpr const char* kTrialColumns =
    "SELECT number, name, purpose, retrain_of, phase, reason, message, exit_code, created_at,"
    " started_at, finished_at, last_report_at, metrics, assignment, budget, continue_from,"
    " replicate, labels, log_position, batch_size, batch_index FROM trials WHERE experiment = ?1"
    " AND (?2 IS NULL OR number = ?2) ORDER BY number";

Trial read_trial(const Query& row) {
  Trial trial;
  trial.number = row.integer(0);
  trial.name = row.text(1);
  trial.purpose = row.text(2) == "search" ? TrialPurpose::kSearch : TrialPurpose::kRetrain;
  trial.retrain_of = row.find_integer(3);
  trial.phase = trial_phase_from_column(row.text(4));
  trial.reason = row.text(5);
  trial.message = row.text(6);
  if (const auto code = row.find_integer(7)) trial.exit_code = static_cast<int>(*code);
  trial.created_at = to_time(row.integer(8));
  trial.started_at = to_time(row.find_integer(9));
  trial.finished_at = to_time(row.find_integer(10));
  trial.last_report_at = to_time(row.find_integer(11));
  trial.metrics = metrics_from_column(row.text(12));
  trial.proposal.assignment = assignment_from_column(row.text(13));
  trial.proposal.budget = row.find_real(14);
  trial.proposal.continue_from = row.find_integer(15);
  trial.proposal.replicate = row.integer(16) != 0;
  trial.proposal.labels = labels_from_column(row.text(17));
  trial.proposal.origin = {static_cast<std::size_t>(row.integer(18)),
                           static_cast<int>(row.integer(19)), static_cast<int>(row.integer(20))};
  return trial;
}

constexpr const char* kExperimentColumns =
    "SELECT uid, name, name_space, object, phase, reason, message, created_at, started_at,"
    " finished_at, search_exhausted, stop_requested, paused FROM experiments"
    " WHERE ?1 IS NULL OR name = ?1 ORDER BY created_at, id";

/// The object is the truth about the spec; it is read again as if the user had just sent it.
Experiment read_experiment(const Query& row) {
  const std::string name = row.text(1);
  ParseResult parsed =
      parse_experiment_object(Json::parse(row.text(3), nullptr, false), {.ignore_unknown = true});
  if (parsed.experiments.size() != 1) {
    const std::string why =
        parsed.problems.empty() ? "it is no Experiment" : parsed.problems.front().message;
    fail(ErrorCode::kFailedPrecondition, "the stored experiment \"", name,
         "\" cannot be read: ", why, "; delete it, or use the Mimar that wrote it");
  }
  Experiment experiment = std::move(parsed.experiments.front());
  experiment.uid = row.text(0);
  experiment.name = name;
  experiment.name_space = row.text(2);
  return experiment;
}

ExperimentState read_state(const Query& row) {
  ExperimentState state;
  state.phase = experiment_phase_from_column(row.text(4));
  state.reason = row.text(5);
  state.message = row.text(6);
  state.created_at = to_time(row.integer(7));
  state.started_at = to_time(row.find_integer(8));
  state.finished_at = to_time(row.find_integer(9));
  state.search_exhausted = row.integer(10) != 0;
  state.stop_requested = row.integer(11) != 0;
  state.paused = row.integer(12) != 0;
  return state;
}

std::string to_column(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Experiments and trials are keyed by the row id of their experiment, which is shorter than the
/// UID; observations by the row id of their writer.
class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const std::filesystem::path& file) : database_(file) {
    prepare_schema(database_, file);
  }

  void create_experiment(const Experiment& experiment, const ExperimentState& state) override;
  std::optional<StoredExperiment> find_experiment(std::string_view name) override;
  std::vector<StoredExperiment> list_experiments() override;
  void update_state(std::string_view uid, const ExperimentState& state) override;
  void update_experiment(const Experiment& experiment) override;
  void delete_experiment(std::string_view name) override;

  void record_proposals(std::string_view uid, const std::vector<Trial>& trials) override;
  void record_retrain(std::string_view uid, const Trial& trial) override;
  void mark_running(std::string_view uid, hpo::TrialId trial, TimePoint at) override;
  void finish_trial(std::string_view uid, const Trial& trial,
                    const std::optional<hpo::Finished>& event) override;
  void append_reports(std::string_view uid, const std::vector<hpo::Reported>& reports) override;
  std::vector<Trial> list_trials(std::string_view uid) override;
  std::optional<Trial> find_trial(std::string_view uid, hpo::TrialId number) override;
  TrialCounts count_trials(std::string_view uid) override;
  hpo::History load_history(std::string_view uid) override;

  Requests find_requests(std::string_view uid) override;
  void request_kill(std::string_view uid, hpo::TrialId trial) override;
  std::int64_t enqueue(std::string_view uid, const EnqueuedTrial& trial) override;
  void remove_enqueued(std::string_view uid, std::int64_t id) override;

  void add_observations(std::string_view uid, hpo::TrialId trial,
                        const std::vector<StoredObservation>& batch) override;
  std::vector<Observation> list_observations(std::string_view uid, hpo::TrialId trial) override;

  SavedController add_controller(SavedController controller) override {
    return experiment::add_controller(database_, std::move(controller));
  }
  std::vector<SavedController> list_controllers() override {
    return experiment::list_controllers(database_);
  }
  bool delete_controller(std::string_view name, int version) override {
    return experiment::delete_controller(database_, name, version);
  }
  std::string pin_controller(std::string_view uid, std::string_view digest) override {
    return experiment::pin_controller(database_, uid, digest);
  }
  std::vector<std::string> list_pinned_controllers() override {
    return experiment::list_pinned_controllers(database_);
  }

  void transact(const std::function<void()>& body) override {
    try {
      Transaction transaction(database_);
      body();
      transaction.commit();
    } catch (...) {
      ids_.clear();  // an experiment that was made inside is gone again
      throw;
    }
  }

 private:
  std::int64_t id_of(std::string_view uid);
  std::int64_t writer_id(std::int64_t experiment, hpo::TrialId trial, std::string_view writer);
  void insert_trial(std::int64_t experiment, const Trial& trial);
  void append_event(std::int64_t experiment, const char* kind, hpo::TrialId trial,
                    std::string_view payload);

  Database database_;
  std::map<std::string, std::int64_t, std::less<>> ids_;  // by UID, for the calls' sake
};

std::int64_t SqliteStore::id_of(std::string_view uid) {
  if (const auto known = ids_.find(uid); known != ids_.end()) return known->second;
  Query row(database_.prepare("SELECT id FROM experiments WHERE uid = ?"), uid);
  if (!row.next()) fail(ErrorCode::kNotFound, "no experiment has the UID ", uid);
  return ids_.emplace(uid, row.integer(0)).first->second;
}

void SqliteStore::create_experiment(const Experiment& experiment, const ExperimentState& state) {
  Transaction transaction(database_);
  const int added = database_.run(
      "INSERT INTO experiments (uid, name, name_space, object, phase, reason, message, created_at,"
      " started_at, finished_at, search_exhausted, stop_requested, paused)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      std::string_view(experiment.uid), std::string_view(experiment.name),
      std::string_view(experiment.name_space), std::string_view(to_column(experiment.object)),
      to_string(state.phase), std::string_view(state.reason), std::string_view(state.message),
      to_column(state.created_at), to_column(state.started_at), to_column(state.finished_at),
      to_column(int{state.search_exhausted}), to_column(int{state.stop_requested}),
      to_column(int{state.paused}));
  if (added == 0) {
    fail(ErrorCode::kAlreadyExists, "an experiment \"", experiment.name,
         "\" exists; resume it, delete it, or choose another name");
  }
  transaction.commit();
}

std::optional<StoredExperiment> SqliteStore::find_experiment(std::string_view name) {
  Query row(database_.prepare(kExperimentColumns), name);
  if (!row.next()) return std::nullopt;
  return StoredExperiment{read_experiment(row), read_state(row)};
}

std::vector<StoredExperiment> SqliteStore::list_experiments() {
  std::vector<StoredExperiment> experiments;
  Query row(database_.prepare(kExperimentColumns), std::optional<std::string_view>());
  while (row.next()) {
    try {
      experiments.push_back({read_experiment(row), read_state(row)});
    } catch (const Error& error) {
      // One that this build cannot read must not hide the others.
      log_warn("experiment skipped", {{"error", error.what()}});
    }
  }
  return experiments;
}

void SqliteStore::update_state(std::string_view uid, const ExperimentState& state) {
  const int changed = database_.run(
      "UPDATE experiments SET phase = ?, reason = ?, message = ?, created_at = ?, started_at = ?,"
      " finished_at = ?, search_exhausted = ?, stop_requested = ?, paused = ? WHERE uid = ?",
      to_string(state.phase), std::string_view(state.reason), std::string_view(state.message),
      to_column(state.created_at), to_column(state.started_at), to_column(state.finished_at),
      to_column(int{state.search_exhausted}), to_column(int{state.stop_requested}),
      to_column(int{state.paused}), uid);
  if (changed == 0) fail(ErrorCode::kNotFound, "no experiment has the UID ", uid);
}

void SqliteStore::update_experiment(const Experiment& experiment) {
  const int changed = database_.run("UPDATE experiments SET object = ? WHERE uid = ?",
                                    std::string_view(to_column(experiment.object)),
                                    std::string_view(experiment.uid));
  if (changed == 0) fail(ErrorCode::kNotFound, "no experiment has the UID ", experiment.uid);
}

void SqliteStore::delete_experiment(std::string_view name) {
  ids_.clear();
  if (database_.run("DELETE FROM experiments WHERE name = ?", name) == 0) {
    fail(ErrorCode::kNotFound, "no experiment is named \"", name, "\"");
  }
}

void SqliteStore::insert_trial(std::int64_t experiment, const Trial& trial) {
  const hpo::Proposed& proposal = trial.proposal;
  const std::string metrics = metrics_to_column(trial.metrics);
  const std::string assignment = assignment_to_column(proposal.assignment);
  const std::string labels = labels_to_column(proposal.labels);
  database_.run(
      "INSERT INTO trials (experiment, number, name, purpose, retrain_of, phase, reason, message,"
      " exit_code, created_at, started_at, finished_at, last_report_at, metrics, assignment,"
      " budget, continue_from, replicate, labels, log_position, batch_size, batch_index)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      experiment, trial.number, std::string_view(trial.name),
      std::string_view(trial.purpose == TrialPurpose::kSearch ? "search" : "retrain"),
      trial.retrain_of, to_string(trial.phase), std::string_view(trial.reason),
      std::string_view(trial.message), to_column(trial.exit_code), to_column(trial.created_at),
      to_column(trial.started_at), to_column(trial.finished_at), to_column(trial.last_report_at),
      std::string_view(metrics), std::string_view(assignment), proposal.budget,
      proposal.continue_from, to_column(int{proposal.replicate}), std::string_view(labels),
      static_cast<std::int64_t>(proposal.origin.log_position),
      to_column(proposal.origin.batch_size), to_column(proposal.origin.index));
}

void SqliteStore::append_event(std::int64_t experiment, const char* kind, hpo::TrialId trial,
                               std::string_view payload) {
  database_.run(
      "INSERT INTO events (experiment, position, kind, trial, payload)"
      " SELECT ?1, COALESCE(MAX(position) + 1, 0), ?2, ?3, ?4 FROM events WHERE experiment = ?1",
      experiment, std::string_view(kind), trial, payload);
}

void SqliteStore::record_proposals(std::string_view uid, const std::vector<Trial>& trials) {
  Transaction transaction(database_);
  const std::int64_t experiment = id_of(uid);
  for (const Trial& trial : trials) {
    insert_trial(experiment, trial);
    append_event(experiment, "proposed", trial.number, "");
  }
  transaction.commit();
}

void SqliteStore::record_retrain(std::string_view uid, const Trial& trial) {
  Transaction transaction(database_);
  insert_trial(id_of(uid), trial);
  transaction.commit();
}

void SqliteStore::mark_running(std::string_view uid, hpo::TrialId trial, TimePoint at) {
  database_.run(
      "UPDATE trials SET phase = 'Running', started_at = ?, last_report_at = NULL"
      " WHERE experiment = ? AND number = ? AND phase IN ('Created', 'Running')",
      to_column(at), id_of(uid), trial);
}

void SqliteStore::finish_trial(std::string_view uid, const Trial& trial,
                               const std::optional<hpo::Finished>& event) {
  require(is_final(trial.phase), "finish_trial needs a final phase, got ", to_string(trial.phase));
  Transaction transaction(database_);
  const std::int64_t experiment = id_of(uid);
  const int changed = database_.run(
      "UPDATE trials SET phase = ?, reason = ?, message = ?, exit_code = ?, started_at = ?,"
      " finished_at = ?, last_report_at = ?, metrics = ?"
      " WHERE experiment = ? AND number = ? AND phase IN ('Created', 'Running')",
      to_string(trial.phase), std::string_view(trial.reason), std::string_view(trial.message),
      to_column(trial.exit_code), to_column(trial.started_at), to_column(trial.finished_at),
      to_column(trial.last_report_at), std::string_view(metrics_to_column(trial.metrics)),
      experiment, trial.number);
  database_.run("DELETE FROM kill_requests WHERE experiment = ? AND trial = ?", experiment,
                trial.number);
  if (changed > 0 && event) {
    append_event(experiment, "finished", trial.number, finished_to_column(*event));
  }
  transaction.commit();
}

void SqliteStore::append_reports(std::string_view uid, const std::vector<hpo::Reported>& reports) {
  if (reports.empty()) return;
  Transaction transaction(database_);
  const std::int64_t experiment = id_of(uid);
  for (const hpo::Reported& report : reports) {
    Query open(database_.prepare("SELECT 1 FROM trials WHERE experiment = ? AND number = ?"
                                 " AND phase IN ('Created', 'Running')"),
               experiment, report.trial);
    if (!open.next()) continue;
    append_event(experiment, "reported", report.trial, reported_to_column(report));
  }
  transaction.commit();
}

std::vector<Trial> SqliteStore::list_trials(std::string_view uid) {
  std::vector<Trial> trials;
  Query row(database_.prepare(kTrialColumns), id_of(uid), std::optional<std::int64_t>());
  while (row.next()) trials.push_back(read_trial(row));
  return trials;
}

std::optional<Trial> SqliteStore::find_trial(std::string_view uid, hpo::TrialId number) {
  Query row(database_.prepare(kTrialColumns), id_of(uid), number);
  if (!row.next()) return std::nullopt;
  return read_trial(row);
}

TrialCounts SqliteStore::count_trials(std::string_view uid) {
  TrialCounts counts;
  Query row(database_.prepare("SELECT phase, COUNT(*) FROM trials"
                              " WHERE experiment = ? AND purpose = 'search' GROUP BY phase"),
            id_of(uid));
  while (row.next()) {
    count(counts, trial_phase_from_column(row.text(0)), static_cast<int>(row.integer(1)));
  }
  return counts;
}

hpo::History SqliteStore::load_history(std::string_view uid) {
  const std::int64_t experiment = id_of(uid);
  std::map<hpo::TrialId, hpo::Proposed> proposals;
  for (Trial& trial : list_trials(uid)) {
    proposals.emplace(trial.number, std::move(trial.proposal));
  }
  hpo::History history;
  Query row(database_.prepare("SELECT kind, trial, payload FROM events WHERE experiment = ?"
                              " ORDER BY position"),
            experiment);
  while (row.next()) {
    const hpo::TrialId trial = row.integer(1);
    if (row.text(0) == "proposed") {
      history.append(std::move(proposals.at(trial)));
    } else if (row.text(0) == "reported") {
      history.append(reported_from_column(trial, row.text(2)));
    } else {
      history.append(finished_from_column(trial, row.text(2)));
    }
  }
  return history;
}

Requests SqliteStore::find_requests(std::string_view uid) {
  const std::int64_t experiment = id_of(uid);
  Requests requests;
  {
    Query row(database_.prepare("SELECT stop_requested, paused FROM experiments WHERE id = ?"),
              experiment);
    if (!row.next()) fail(ErrorCode::kNotFound, "no experiment has the UID ", uid);
    requests.stop = row.integer(0) != 0;
    requests.paused = row.integer(1) != 0;
  }
  {
    Query row(
        database_.prepare("SELECT trial FROM kill_requests WHERE experiment = ? ORDER BY trial"),
        experiment);
    while (row.next()) requests.kills.push_back(row.integer(0));
  }
  Query row(database_.prepare(
                "SELECT id, given, retry_of FROM enqueued WHERE experiment = ? ORDER BY id"),
            experiment);
  while (row.next()) {
    requests.enqueued.push_back(
        {row.integer(0), given_from_text(row.text(1)), row.find_integer(2)});
  }
  return requests;
}

void SqliteStore::request_kill(std::string_view uid, hpo::TrialId trial) {
  database_.run(
      "INSERT INTO kill_requests (experiment, trial) SELECT experiment, number FROM trials"
      " WHERE experiment = ? AND number = ? AND phase IN ('Created', 'Running')"
      " ON CONFLICT DO NOTHING",
      id_of(uid), trial);
}

std::int64_t SqliteStore::enqueue(std::string_view uid, const EnqueuedTrial& trial) {
  Transaction transaction(database_);
  database_.run("INSERT INTO enqueued (experiment, given, retry_of) VALUES (?, ?, ?)", id_of(uid),
                std::string_view(given_to_text(trial.given)), trial.retry_of);
  const std::int64_t id = database_.last_insert_id();
  transaction.commit();
  return id;
}

void SqliteStore::remove_enqueued(std::string_view uid, std::int64_t id) {
  database_.run("DELETE FROM enqueued WHERE experiment = ? AND id = ?", id_of(uid), id);
}

std::int64_t SqliteStore::writer_id(std::int64_t experiment, hpo::TrialId trial,
                                    std::string_view writer) {
  {
    Query row(database_.prepare(
                  "SELECT id FROM writers WHERE experiment = ? AND trial = ? AND writer = ?"),
              experiment, trial, writer);
    if (row.next()) return row.integer(0);
  }
  database_.run("INSERT INTO writers (experiment, trial, writer) VALUES (?, ?, ?)", experiment,
                trial, writer);
  return database_.last_insert_id();
}

void SqliteStore::add_observations(std::string_view uid, hpo::TrialId trial,
                                   const std::vector<StoredObservation>& batch) {
  if (batch.empty()) return;
  Transaction transaction(database_);
  const std::int64_t experiment = id_of(uid);
  TimePoint latest = batch.front().observation.time;
  std::string_view writer;
  std::int64_t id = 0;
  for (const StoredObservation& stored : batch) {
    const Observation& observation = stored.observation;
    if (id == 0 || stored.writer != writer) id = writer_id(experiment, trial, stored.writer);
    writer = stored.writer;
    latest = std::max(latest, observation.time);
    database_.run(
        "INSERT INTO observations (writer, sequence, metric, step, time, value)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        id, stored.sequence, std::string_view(observation.metric), observation.step,
        to_column(observation.time), std::string_view(observation.value));
  }
  database_.run(
      "UPDATE trials SET last_report_at = MAX(COALESCE(last_report_at, ?1), ?1)"
      " WHERE experiment = ?2 AND number = ?3 AND phase IN ('Created', 'Running')",
      to_column(latest), experiment, trial);
  transaction.commit();
}

std::vector<Observation> SqliteStore::list_observations(std::string_view uid, hpo::TrialId trial) {
  std::vector<PlacedObservation> observations;
  Query row(database_.prepare(
                "SELECT o.writer, sequence, metric, step, time, value FROM writers AS w"
                " JOIN observations AS o ON o.writer = w.id WHERE experiment = ? AND trial = ?"),
            id_of(uid), trial);
  while (row.next()) {
    observations.push_back({row.integer(0),
                            row.integer(1),
                            {row.text(2), row.integer(3), to_time(row.integer(4)), row.text(5)}});
  }
  return merged(std::move(observations));
}

}  // namespace

std::unique_ptr<Store> open_sqlite_store(const std::filesystem::path& state_dir) {
  return std::make_unique<SqliteStore>(make_store_file_name(state_dir));
}

}  // namespace mimar::experiment
