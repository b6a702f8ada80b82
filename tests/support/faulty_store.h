#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/error.h"
#include "experiment/store/store.h"

namespace mimar::testing_support {

/// A store that breaks at the n-th write, before or after it was made, as a crash would: the caller
/// does not learn which. The store below keeps what it was told.
class FaultyStore final : public experiment::Store {
 public:
  enum class When { kBefore, kAfter };

  FaultyStore(experiment::Store& below, int breaks_at, When when)
      : below_(below), left_(breaks_at), when_(when) {}

  bool has_broken() const noexcept { return left_ <= 0; }

  void create_experiment(const experiment::Experiment& experiment,
                         const experiment::ExperimentState& state) override {
    below_.create_experiment(experiment, state);
  }
  std::optional<experiment::StoredExperiment> find_experiment(std::string_view name) override {
    return below_.find_experiment(name);
  }
  std::vector<experiment::StoredExperiment> list_experiments() override {
    return below_.list_experiments();
  }
  void update_state(std::string_view uid, const experiment::ExperimentState& state) override {
    write([&] { below_.update_state(uid, state); });
  }
  void update_experiment(const experiment::Experiment& experiment) override {
    write([&] { below_.update_experiment(experiment); });
  }
  void delete_experiment(std::string_view name) override { below_.delete_experiment(name); }

  void record_proposals(std::string_view uid,
                        const std::vector<experiment::Trial>& trials) override {
    write([&] { below_.record_proposals(uid, trials); });
  }
  void record_retrain(std::string_view uid, const experiment::Trial& trial) override {
    write([&] { below_.record_retrain(uid, trial); });
  }
  void mark_running(std::string_view uid, hpo::TrialId trial, TimePoint at) override {
    write([&] { below_.mark_running(uid, trial, at); });
  }
  void finish_trial(std::string_view uid, const experiment::Trial& trial,
                    const std::optional<hpo::Finished>& event) override {
    write([&] { below_.finish_trial(uid, trial, event); });
  }
  void append_reports(std::string_view uid, const std::vector<hpo::Reported>& reports) override {
    write([&] { below_.append_reports(uid, reports); });
  }
  std::vector<experiment::Trial> list_trials(std::string_view uid) override {
    return below_.list_trials(uid);
  }
  std::optional<experiment::Trial> find_trial(std::string_view uid, hpo::TrialId number) override {
    return below_.find_trial(uid, number);
  }
  experiment::TrialCounts count_trials(std::string_view uid) override {
    return below_.count_trials(uid);
  }
  hpo::History load_history(std::string_view uid) override { return below_.load_history(uid); }

  experiment::Requests find_requests(std::string_view uid) override {
    return below_.find_requests(uid);
  }
  void request_kill(std::string_view uid, hpo::TrialId trial) override {
    write([&] { below_.request_kill(uid, trial); });
  }
  std::int64_t enqueue(std::string_view uid, const experiment::EnqueuedTrial& trial) override {
    return below_.enqueue(uid, trial);
  }
  void remove_enqueued(std::string_view uid, std::int64_t id) override {
    write([&] { below_.remove_enqueued(uid, id); });
  }

  void add_observations(std::string_view uid, hpo::TrialId trial,
                        const std::vector<experiment::StoredObservation>& batch) override {
    write([&] { below_.add_observations(uid, trial, batch); });
  }
  std::vector<experiment::Observation> list_observations(std::string_view uid,
                                                         hpo::TrialId trial) override {
    return below_.list_observations(uid, trial);
  }

  experiment::SavedController add_controller(experiment::SavedController controller) override {
    experiment::SavedController added;
    write([&] { added = below_.add_controller(std::move(controller)); });
    return added;
  }
  std::vector<experiment::SavedController> list_controllers() override {
    return below_.list_controllers();
  }
  bool delete_controller(std::string_view name, int version) override {
    return below_.delete_controller(name, version);
  }
  std::string pin_controller(std::string_view uid, std::string_view digest) override {
    return below_.pin_controller(uid, digest);
  }
  std::vector<std::string> list_pinned_controllers() override {
    return below_.list_pinned_controllers();
  }

  void transact(const std::function<void()>& body) override {
    bool breaks_after = false;
    below_.transact([&] {
      is_inside_ = true;
      try {
        body();
      } catch (...) {
        is_inside_ = false;
        throw;
      }
      is_inside_ = false;
      breaks_after = std::exchange(breaks_after_commit_, false);
    });
    if (breaks_after) fail(ErrorCode::kUnavailable, "the power failed after a commit");
  }

 private:
  void write(const std::function<void()>& call) {
    const bool breaks = left_-- == 1;
    if (breaks && when_ == When::kBefore) fail(ErrorCode::kUnavailable, "the power failed");
    call();
    if (!breaks) return;
    // Inside a transaction "after" means after its commit; else what was made would be undone.
    if (!is_inside_) fail(ErrorCode::kUnavailable, "the power failed after a write");
    breaks_after_commit_ = true;
  }

  experiment::Store& below_;
  int left_;
  When when_;
  bool is_inside_ = false;
  bool breaks_after_commit_ = false;
};

}  // namespace mimar::testing_support
