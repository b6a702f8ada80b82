#include "local/ledger.h"

#include <cstdint>
#include <random>
#include <utility>

#include "base/error.h"
#include "experiment/one_shot.h"
#include "experiment/trial_outcome.h"

namespace mimar::local {

namespace ex = experiment;

namespace {

ex::StoredExperiment get_experiment(ex::Store& store, std::string_view name) {
  std::optional<ex::StoredExperiment> stored = store.find_experiment(name);
  if (!stored) fail(ErrorCode::kNotFound, "no experiment is named \"", name, "\"");
  return std::move(*stored);
}

}  // namespace

std::string make_writer() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device device;
  std::string writer;
  for (int word = 0; word < 4; ++word) {
    for (std::uint32_t bits = device(), i = 0; i < 8; ++i, bits >>= 4) {
      writer += kDigits[bits & 0xf];
    }
  }
  return writer;
}

Ledger::Ledger(ex::Store& store, std::string_view name, Former former) : store_(store) {
  // One transaction, so that all parts are of the same moment.
  store_.transact([&] {
    ex::StoredExperiment stored = get_experiment(store_, name);
    experiment_ = std::move(stored.experiment);
    state_ = std::move(stored.state);
    trials_ = store_.list_trials(experiment_.uid);
    history_ = store_.load_history(experiment_.uid);
    refresh_requests();
  });
  if (former == Former::kHasNoProcess) ex::forget_processes(trials_);
  use_spec();
}

/// Makes anew what follows from the spec.
void Ledger::use_spec() {
  const ex::ExperimentSpec& spec = experiment_.spec;
  tally_.emplace(spec, trials_);
  stopper_.reset();
  if (!spec.early_stopping) return;
  stopper_ = hpo::make_early_stopper(spec.early_stopping->name, spec.early_stopping->settings,
                                     spec.objectives.front().direction);
}

std::vector<hpo::EarlyStop> Ledger::early_stops() {
  return stopper_ ? stopper_->find_stops(history_) : std::vector<hpo::EarlyStop>();
}

const ex::Trial* Ledger::find_trial(std::string_view name) const {
  const auto number = ex::find_trial_number(experiment_.name, experiment_.uid, name);
  if (!number || *number >= static_cast<hpo::TrialId>(trials_.size())) return nullptr;
  return &trial(*number);
}

void Ledger::set_state(const ex::ExperimentState& state) {
  state_ = state;
  write_state();
}

void Ledger::write_state() {
  writes_.push_back([this] {
    // `mimar stop` or `pause` may have come in between; what they ask is not ours to take back.
    const ex::StoredExperiment stored = get_experiment(store_, experiment_.name);
    state_.stop_requested = state_.stop_requested || stored.state.stop_requested;
    if (!ex::is_final(state_.phase)) state_.paused = stored.state.paused;
    store_.update_state(experiment_.uid, state_);
  });
  must_flush_ = true;
}

ex::Trial Ledger::make_trial(hpo::Proposed proposal, TimePoint now) const {
  ex::Trial trial;
  trial.number = static_cast<hpo::TrialId>(trials_.size());
  trial.name = ex::trial_name(experiment_.name, experiment_.uid, trial.number);
  trial.proposal = std::move(proposal);
  trial.created_at = now;
  return trial;
}

void Ledger::record_proposals(std::vector<hpo::Proposal> proposals, int asked, TimePoint now) {
  check(history_.next_number() == static_cast<hpo::TrialId>(trials_.size()),
        "search trials are numbered without a gap");
  hpo::ProposalOrigin origin{.log_position = history_.size(), .batch_size = asked, .index = 0};
  std::vector<ex::Trial> recorded;
  for (hpo::Proposal& proposal : proposals) {
    hpo::Proposed event;
    event.assignment = std::move(proposal.assignment);
    event.budget = proposal.budget;
    event.continue_from = proposal.continue_from;
    event.replicate = proposal.replicate;
    event.labels = std::move(proposal.labels);
    event.origin = origin;
    ++origin.index;
    trials_.push_back(make_trial(std::move(event), now));
    history_.append(trials_.back().proposal);
    tally_->update(trials_.back());
    recorded.push_back(trials_.back());
  }
  writes_.push_back([this, recorded = std::move(recorded)] {
    store_.record_proposals(experiment_.uid, recorded);
  });
  must_flush_ = true;
}

void Ledger::record_enqueued(hpo::Proposal proposal, const ex::EnqueuedTrial& trial,
                             TimePoint now) {
  const std::int64_t id = trial.id;  // `trial` may be an element of what is changed below
  std::vector<hpo::Proposal> one;
  one.push_back(std::move(proposal));
  record_proposals(std::move(one), 1, now);
  writes_.push_back([this, id] { store_.remove_enqueued(experiment_.uid, id); });
  last_recorded_id_ = id;
  std::erase_if(enqueued_, [id](const ex::EnqueuedTrial& waiting) { return waiting.id <= id; });
}

void Ledger::record_retrain(hpo::TrialId of, TimePoint now) {
  hpo::Proposed proposal = this->trial(of).proposal;
  if (ex::is_one_shot(experiment_.spec)) {
    if (const auto found = ex::find_architecture(experiment_.spec, this->trial(of))) {
      proposal.labels[ex::kArchitectureLabel] = space::to_line(*found);
    }
  }
  ex::Trial trial = make_trial(std::move(proposal), now);
  trial.purpose = ex::TrialPurpose::kRetrain;
  trial.retrain_of = of;
  trials_.push_back(trial);
  tally_->update(trial);
  writes_.push_back(
      [this, trial = std::move(trial)] { store_.record_retrain(experiment_.uid, trial); });
  must_flush_ = true;
}

void Ledger::mark_running(hpo::TrialId number, TimePoint at) {
  ex::Trial& trial = change(number);
  trial.phase = ex::TrialPhase::kRunning;
  trial.started_at = at;
  trial.last_report_at.reset();
  writes_.push_back([this, number, at] { store_.mark_running(experiment_.uid, number, at); });
}

void Ledger::forget_process(hpo::TrialId number) {
  ex::Trial& trial = change(number);
  trial.phase = ex::TrialPhase::kCreated;
  trial.started_at.reset();
  trial.last_report_at.reset();
}

void Ledger::add_observations(hpo::TrialId number, std::vector<ex::StoredObservation> batch,
                              TimePoint now) {
  ex::Trial& trial = change(number);
  trial.last_report_at = now;
  std::vector<hpo::Reported> reports;
  if (stopper_ && trial.purpose == ex::TrialPurpose::kSearch) {
    std::vector<ex::Observation> observations;
    for (const ex::StoredObservation& stored : batch) observations.push_back(stored.observation);
    reports = ex::to_reports(experiment_.spec, number, observations);
  }
  for (const hpo::Reported& report : reports) history_.append(report);
  writes_.push_back([this, number, batch = std::move(batch), reports = std::move(reports)] {
    store_.add_observations(experiment_.uid, number, batch);
    store_.append_reports(experiment_.uid, reports);
  });
}

void Ledger::finish(const ex::Trial& ended) {
  ex::Trial& trial = change(ended.number);
  check(!ex::is_final(trial.phase) && ex::is_final(ended.phase), "a trial ends once");
  trial = ended;
  tally_->update(trial);
  std::optional<hpo::Finished> event;
  if (trial.purpose == ex::TrialPurpose::kSearch) {
    event = ex::to_finished(experiment_.spec, trial);
    history_.append(*event);
  }
  writes_.push_back([this, ended, event] { store_.finish_trial(experiment_.uid, ended, event); });
  must_flush_ = true;
}

void Ledger::stop(hpo::TrialId number, ex::StopReason why, TimePoint now, std::string message) {
  ex::Trial trial = this->trial(number);
  trial.metrics = stored_metrics(number).summaries();
  ex::TrialExited exit;
  exit.trial_name = trial.name;
  exit.time = now;
  exit.stopped = why;
  exit.message = std::move(message);
  finish(ex::end_trial(experiment_.spec, std::move(trial), exit));
}

ex::MetricAccumulator Ledger::stored_metrics(hpo::TrialId number) {
  flush();
  ex::MetricAccumulator metrics;
  for (const auto& observation : store_.list_observations(experiment_.uid, number)) {
    metrics.add(observation);
  }
  return metrics;
}

void Ledger::refresh() {
  ex::StoredExperiment stored = get_experiment(store_, experiment_.name);
  if (stored.experiment.uid != experiment_.uid) {
    fail(ErrorCode::kNotFound, "the experiment \"", experiment_.name,
         "\" was deleted while it ran; another of its name exists now");
  }
  refresh_requests();
  if (stored.experiment.object == experiment_.object) return;
  experiment_ = std::move(stored.experiment);
  use_spec();
}

void Ledger::refresh_requests() {
  ex::Requests requests = store_.find_requests(experiment_.uid);
  state_.stop_requested = state_.stop_requested || requests.stop;
  state_.paused = requests.paused;
  kill_requests_ = std::move(requests.kills);
  enqueued_ = std::move(requests.enqueued);
  std::erase_if(enqueued_,
                [this](const ex::EnqueuedTrial& trial) { return trial.id <= last_recorded_id_; });
}

void Ledger::flush() {
  if (!writes_.empty()) {
    store_.transact([this] {
      for (const auto& write : writes_) write();
    });
    writes_.clear();
  }
  must_flush_ = false;
  const std::vector<std::function<void()>> effects = std::exchange(effects_, {});
  for (const auto& effect : effects) effect();
}

}  // namespace mimar::local
