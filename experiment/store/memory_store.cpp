#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "experiment/store/rows.h"
#include "experiment/store/store.h"

namespace mimar::experiment {

namespace {

/// One experiment with all that belongs to it.
struct Entry {
  StoredExperiment stored;
  std::map<hpo::TrialId, Trial> trials;
  hpo::History history;
  std::map<hpo::TrialId, std::vector<std::string>> writers;  // in order of arrival
  std::map<hpo::TrialId, std::vector<PlacedObservation>> observations;
  std::set<hpo::TrialId> kills;
  std::vector<EnqueuedTrial> enqueued;
  std::string reused_controller;
};

/// The contract without a disk. A transaction keeps a copy to go back to, so it is as slow as the
/// store is big; tests have small ones.
class MemoryStore final : public Store {
 public:
  void create_experiment(const Experiment& experiment, const ExperimentState& state) override {
    for (const Entry& entry : entries_) {
      if (entry.stored.experiment.name == experiment.name ||
          entry.stored.experiment.uid == experiment.uid) {
        fail(ErrorCode::kAlreadyExists, "an experiment \"", experiment.name, "\" exists");
      }
    }
    entries_.push_back({{experiment, state}, {}, {}, {}, {}, {}, {}, {}});
  }

  std::optional<StoredExperiment> find_experiment(std::string_view name) override {
    for (const Entry& entry : entries_) {
      if (entry.stored.experiment.name == name) return entry.stored;
    }
    return std::nullopt;
  }

  std::vector<StoredExperiment> list_experiments() override {
    std::vector<StoredExperiment> experiments;
    for (const Entry& entry : entries_) experiments.push_back(entry.stored);
    std::stable_sort(experiments.begin(), experiments.end(), [](const auto& a, const auto& b) {
      return a.state.created_at < b.state.created_at;
    });
    return experiments;
  }

  void update_state(std::string_view uid, const ExperimentState& state) override {
    entry(uid).stored.state = state;
  }

  void update_experiment(const Experiment& experiment) override {
    entry(experiment.uid).stored.experiment = experiment;
  }

  void delete_experiment(std::string_view name) override {
    const auto removed = std::erase_if(
        entries_, [name](const Entry& entry) { return entry.stored.experiment.name == name; });
    if (removed == 0) fail(ErrorCode::kNotFound, "no experiment is named \"", name, "\"");
  }

  void record_proposals(std::string_view uid, const std::vector<Trial>& trials) override {
    transact([&] {
      for (const Trial& trial : trials) {
        insert(entry(uid), trial);
        entry(uid).history.append(trial.proposal);
      }
    });
  }

  void record_retrain(std::string_view uid, const Trial& trial) override {
    insert(entry(uid), trial);
  }

  void mark_running(std::string_view uid, hpo::TrialId number, TimePoint at) override {
    Trial* trial = find_open(entry(uid), number);
    if (trial == nullptr) return;
    trial->phase = TrialPhase::kRunning;
    trial->started_at = at;
    trial->last_report_at.reset();
  }

  void finish_trial(std::string_view uid, const Trial& ended,
                    const std::optional<hpo::Finished>& event) override {
    require(is_final(ended.phase), "finish_trial needs a final phase, got ",
            to_string(ended.phase));
    Trial* trial = find_open(entry(uid), ended.number);
    entry(uid).kills.erase(ended.number);
    if (trial == nullptr) return;
    if (event) entry(uid).history.append(*event);
    trial->phase = ended.phase;
    trial->reason = ended.reason;
    trial->message = ended.message;
    trial->exit_code = ended.exit_code;
    trial->started_at = ended.started_at;
    trial->finished_at = ended.finished_at;
    trial->last_report_at = ended.last_report_at;
    trial->metrics = ended.metrics;
  }

  void append_reports(std::string_view uid, const std::vector<hpo::Reported>& reports) override {
    for (const hpo::Reported& report : reports) {
      if (find_open(entry(uid), report.trial)) entry(uid).history.append(report);
    }
  }

  std::vector<Trial> list_trials(std::string_view uid) override {
    std::vector<Trial> trials;
    for (const auto& [number, trial] : entry(uid).trials) trials.push_back(trial);
    return trials;
  }

  std::optional<Trial> find_trial(std::string_view uid, hpo::TrialId number) override {
    const auto found = entry(uid).trials.find(number);
    if (found == entry(uid).trials.end()) return std::nullopt;
    return found->second;
  }

  TrialCounts count_trials(std::string_view uid) override {
    TrialCounts counts;
    for (const auto& [number, trial] : entry(uid).trials) {
      if (trial.purpose == TrialPurpose::kSearch) count(counts, trial.phase, 1);
    }
    return counts;
  }

  hpo::History load_history(std::string_view uid) override { return entry(uid).history; }

  Requests find_requests(std::string_view uid) override {
    const Entry& found = entry(uid);
    const ExperimentState& state = found.stored.state;
    return {state.stop_requested,
            state.paused,
            {found.kills.begin(), found.kills.end()},
            found.enqueued};
  }

  void request_kill(std::string_view uid, hpo::TrialId number) override {
    Entry& found = entry(uid);
    if (find_open(found, number) != nullptr) found.kills.insert(number);
  }

  std::int64_t enqueue(std::string_view uid, const EnqueuedTrial& trial) override {
    std::vector<EnqueuedTrial>& queue = entry(uid).enqueued;
    queue.push_back(trial);
    return queue.back().id = next_enqueued_++;
  }

  void remove_enqueued(std::string_view uid, std::int64_t id) override {
    std::erase_if(entry(uid).enqueued, [id](const EnqueuedTrial& one) { return one.id == id; });
  }

  void add_observations(std::string_view uid, hpo::TrialId number,
                        const std::vector<StoredObservation>& batch) override {
    for (const StoredObservation& stored : batch) add_observation(entry(uid), number, stored);
  }

  std::vector<Observation> list_observations(std::string_view uid, hpo::TrialId number) override {
    return merged(entry(uid).observations[number]);
  }

  SavedController add_controller(SavedController controller) override {
    int newest = 0;
    for (const auto& [saved, deleted] : controllers_) {
      if (saved.name != controller.name) continue;
      if (!deleted && saved.digest == controller.digest &&
          saved.experiment_uid == controller.experiment_uid) {
        return saved;
      }
      newest = std::max(newest, saved.version);
    }
    controller.version = newest + 1;
    controllers_.emplace_back(controller, false);
    return controller;
  }

  std::vector<SavedController> list_controllers() override {
    std::vector<SavedController> controllers;
    for (const auto& [saved, deleted] : controllers_) {
      if (!deleted) controllers.push_back(saved);
    }
    std::ranges::sort(controllers, {}, [](const SavedController& controller) {
      return std::pair(controller.name, controller.version);
    });
    return controllers;
  }

  bool delete_controller(std::string_view name, int version) override {
    for (auto& [saved, deleted] : controllers_) {
      if (saved.name != name || saved.version != version || deleted) continue;
      deleted = true;
      return true;
    }
    return false;
  }

  std::string pin_controller(std::string_view uid, std::string_view digest) override {
    std::string& pinned = entry(uid).reused_controller;
    if (pinned.empty()) pinned = digest;
    return pinned;
  }

  std::vector<std::string> list_pinned_controllers() override {
    std::set<std::string> digests;
    for (const Entry& entry : entries_) {
      if (!entry.reused_controller.empty()) digests.insert(entry.reused_controller);
    }
    return {digests.begin(), digests.end()};
  }

  void transact(const std::function<void()>& body) override {
    const std::vector<Entry> before = entries_;
    const auto controllers_before = controllers_;
    try {
      body();
    } catch (...) {
      entries_ = before;
      controllers_ = controllers_before;
      throw;
    }
  }

 private:
  Entry& entry(std::string_view uid) {
    for (Entry& entry : entries_) {
      if (entry.stored.experiment.uid == uid) return entry;
    }
    fail(ErrorCode::kNotFound, "no experiment has the UID ", uid);
  }

  static void insert(Entry& entry, const Trial& trial) {
    check(entry.trials.emplace(trial.number, trial).second, "a trial's number is used once");
  }

  static Trial* find_open(Entry& entry, hpo::TrialId number) {
    const auto found = entry.trials.find(number);
    if (found == entry.trials.end() || is_final(found->second.phase)) return nullptr;
    return &found->second;
  }

  static void add_observation(Entry& entry, hpo::TrialId number, const StoredObservation& stored) {
    std::vector<std::string>& writers = entry.writers[number];
    auto writer = std::find(writers.begin(), writers.end(), stored.writer);
    if (writer == writers.end()) writer = writers.insert(writer, stored.writer);
    const std::int64_t id = writer - writers.begin();
    std::vector<PlacedObservation>& known = entry.observations[number];
    const bool is_repeat = std::any_of(known.begin(), known.end(), [&](const auto& placed) {
      return placed.writer == id && placed.sequence == stored.sequence;
    });
    if (!is_repeat) known.push_back({id, stored.sequence, stored.observation});
    if (Trial* trial = find_open(entry, number)) {
      const TimePoint time = stored.observation.time;
      trial->last_report_at = std::max(trial->last_report_at.value_or(time), time);
    }
  }

  std::vector<Entry> entries_;
  std::vector<std::pair<SavedController, bool>> controllers_;  // and whether it was deleted
  std::int64_t next_enqueued_ = 1;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace mimar::experiment
