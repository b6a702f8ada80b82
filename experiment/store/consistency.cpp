#include "experiment/store/consistency.h"

#include <exception>
#include <optional>

#include "base/error.h"
#include "experiment/experiment.h"
#include "experiment/store/store.h"
#include "experiment/trial_outcome.h"

namespace mimar::experiment {

namespace {

/// A count that must be 0.
struct Orphans {
  const char* what;
  const char* sql;
};

constexpr Orphans kOrphans[] = {
    {"starts of processes belong to no trial",
     "SELECT COUNT(*) FROM writers AS w LEFT JOIN trials AS t"
     " ON t.experiment = w.experiment AND t.number = w.trial WHERE t.number IS NULL"},
    {"events tell of no trial",
     "SELECT COUNT(*) FROM events AS e LEFT JOIN trials AS t"
     " ON t.experiment = e.experiment AND t.number = e.trial WHERE t.number IS NULL"},
    {"requests to kill name no trial",
     "SELECT COUNT(*) FROM kill_requests AS k LEFT JOIN trials AS t"
     " ON t.experiment = k.experiment AND t.number = k.trial WHERE t.number IS NULL"},
    {"retries in the queue name no trial",
     "SELECT COUNT(*) FROM enqueued AS q LEFT JOIN trials AS t"
     " ON t.experiment = q.experiment AND t.number = q.retry_of"
     " WHERE q.retry_of IS NOT NULL AND t.number IS NULL"},
    {"logs have gaps",
     "SELECT COUNT(*) FROM (SELECT MAX(position) + 1 AS last, COUNT(*) AS num FROM events"
     " GROUP BY experiment) WHERE last <> num"},
};

/// What is wrong with one experiment.
class Examination {
 public:
  Examination(const StoredExperiment& stored, std::vector<std::string>& problems)
      : experiment_(stored.experiment),
        state_(stored.state),
        space_(search_space(stored.experiment.spec)),
        problems_(problems) {}

  void look_at(const std::vector<Trial>& trials, const hpo::History& history) {
    std::size_t num_search = 0;
    for (std::size_t i = 0; i < trials.size(); ++i) {
      look_at(trials[i], static_cast<hpo::TrialId>(i));
      if (trials[i].purpose == TrialPurpose::kRetrain) {
        look_at_retrain(trials[i], trials);
        continue;
      }
      if (num_search++ != i) add(trials[i], "is numbered behind a final training");
      look_at(trials[i], history);
    }
    if (history.trials().size() != num_search) {
      problems_.push_back(concat(experiment_.name, ": the log tells of ", history.trials().size(),
                                 " trials, and there are ", num_search));
    }
  }

 private:
  template <class... Parts>
  void add(const Trial& trial, const Parts&... parts) {
    problems_.push_back(concat(experiment_.name, '/', trial.number, ": ", parts...));
  }

  void look_at(const Trial& trial, hpo::TrialId place) {
    if (trial.number != place) add(trial, "is the trial in place ", place);
    const std::string name = trial_name(experiment_.name, experiment_.uid, trial.number);
    if (trial.name != name) add(trial, "is called ", trial.name, ", its number says ", name);
    if (is_final(state_.phase) && !is_final(trial.phase)) {
      add(trial, "is ", to_string(trial.phase), " in an experiment that has ended");
    }
    if (is_final(trial.phase) != trial.finished_at.has_value()) {
      add(trial, "is ", to_string(trial.phase),
          trial.finished_at ? " and has an end" : " and has no time of its end");
    }
    for (const std::string& problem : space_.problems(trial.proposal.assignment)) {
      add(trial, problem);
    }
  }

  void look_at_retrain(const Trial& trial, const std::vector<Trial>& trials) {
    const hpo::TrialId of = trial.retrain_of.value_or(-1);
    const bool exists = of >= 0 && of < static_cast<hpo::TrialId>(trials.size());
    if (!exists || trials[static_cast<std::size_t>(of)].purpose != TrialPurpose::kSearch) {
      add(trial, "trains no trial of the search anew");
    }
  }

  /// A search trial against what the log tells of it.
  void look_at(const Trial& trial, const hpo::History& history) {
    if (trial.number >= history.next_number()) return;  // told of above, once
    const hpo::TrialRecord& record = history.trial(trial.number);
    if (record.state != to_state(trial.phase)) {
      add(trial, "is ", to_string(trial.phase), ", and the log says otherwise");
    }
    if (trial.proposal.origin.log_position > history.size()) {
      add(trial, "was made from a log of ", trial.proposal.origin.log_position,
          " events, and there are ", history.size());
    }
  }

  const Experiment& experiment_;
  const ExperimentState& state_;
  space::SearchSpace space_;
  std::vector<std::string>& problems_;
};

void check_experiment(Store& store, const std::string& name, StoreReport& report) {
  try {
    const StoredExperiment stored = store.find_experiment(name).value();
    const std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
    report.num_trials += static_cast<int>(trials.size());
    Examination(stored, report.problems).look_at(trials, store.load_history(stored.experiment.uid));
  } catch (const std::exception& error) {
    report.problems.push_back(concat(name, ": ", error.what()));
  }
}

}  // namespace

void add_orphans(Database& database, std::vector<std::string>& problems) {
  for (const Orphans& orphans : kOrphans) {
    Query row(database.prepare(orphans.sql));
    if (!row.next() || row.integer(0) == 0) continue;
    problems.push_back(concat(row.integer(0), ' ', orphans.what));
  }
}

void check_experiments(const std::filesystem::path& state_dir, StoreReport& report) {
  std::vector<std::string> names;
  {
    Database database(state_dir / "mimar.db");
    Query row(database.prepare("SELECT name FROM experiments ORDER BY id"));
    while (row.next()) names.push_back(row.text(0));
  }
  report.num_experiments = static_cast<int>(names.size());
  const auto store = open_sqlite_store(state_dir);
  for (const std::string& name : names) {
    // One transaction each, so that a running experiment is seen at one moment.
    store->transact([&] { check_experiment(*store, name, report); });
  }
}

}  // namespace mimar::experiment
