#include "local/engine.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "experiment/trial_job.h"
#include "local/engine_inbox.h"
#include "local/enqueued_trials.h"
#include "local/ledger.h"

namespace mimar::local {

namespace ex = experiment;

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{250};
/// How long metrics may wait for company before they are written. A trial that ends takes them
/// along at once; what a crash loses, the trial reports again.
constexpr milliseconds kMaxWriteDelay{100};

/// Takes events when no engine listens any more.
class NullSink final : public ex::TrialEventSink {
 public:
  void on_event(ex::TrialEvent /*event*/) override {}
};

NullSink& null_sink() {
  static NullSink sink;
  return sink;
}

/// A trial whose process this engine has started.
struct Process {
  std::string writer = make_writer();
  std::int64_t next_sequence = 0;
  ex::MetricAccumulator metrics;
  bool has_earlier_reports = false;  // of a process before a crash: the store merges them
  bool is_stopping = false;
  std::string stop_message;  // why, where the reason does not say it all
};

/// One call of Engine::run.
class Run {
 public:
  Run(ex::Store& store, ex::SuggestionProvider& provider, ex::TrialRunner& runner,
      const Clock& clock, EngineObserver& observer, EngineInbox& inbox, std::string_view name)
      : store_(store),
        provider_(provider),
        runner_(runner),
        clock_(clock),
        observer_(observer),
        inbox_(inbox),
        ledger_(store, name, Ledger::Former::kHasNoProcess),
        num_loaded_(static_cast<hpo::TrialId>(ledger_.trials().size())) {}

  ex::ExperimentState loop();

 private:
  bool is_over() const;
  void take_requests();
  void take_events();
  void tick();
  std::chrono::milliseconds time_to_wait() const;
  void tell_parallel();

  void on(const ex::TrialStarted& event);
  void on(const ex::TrialReported& event);
  void on(const ex::TrialExited& event);

  void decide();
  bool act(const ex::ProposeTrials& action);
  bool act(const ex::RetrainTrial& action);
  bool act(const ex::LaunchTrial& action);
  bool act(const ex::StopTrial& action);
  bool act(const ex::SetPhase& action);
  void stop_process(hpo::TrialId number, ex::StopReason why, std::string message = {});
  void finish(hpo::TrialId number, const ex::TrialExited& exit);
  std::vector<ex::MetricSummary> summaries(hpo::TrialId number);
  /// The trial and its process when the event is of one that runs for this engine.
  std::pair<const ex::Trial*, Process*> find_process(const std::string& trial_name);
  void note(const std::string& text);

  ex::Store& store_;
  ex::SuggestionProvider& provider_;
  ex::TrialRunner& runner_;
  const Clock& clock_;
  EngineObserver& observer_;
  EngineInbox& inbox_;
  Ledger ledger_;
  const hpo::TrialId num_loaded_;  // trials that were there at the start
  std::map<hpo::TrialId, Process> processes_;
  std::set<std::string> notes_;               // each is shown once
  std::optional<std::size_t> asked_in_vain_;  // history size at which nothing was proposed
  std::optional<TimePoint> look_again_at_;
  SteadyClock::time_point last_tick_ = SteadyClock::now();
  SteadyClock::time_point last_flush_ = last_tick_;
  std::optional<int> parallel_;  // as the runner knows it
  bool killed_ = false;
};

ex::ExperimentState Run::loop() {
  tell_parallel();
  while (!is_over()) {
    take_requests();
    take_events();
    decide();
    if (ledger_.must_flush() || SteadyClock::now() - last_flush_ >= kMaxWriteDelay) {
      ledger_.flush();
      last_flush_ = SteadyClock::now();
    }
    if (is_over()) break;
    tick();
    inbox_.wait(time_to_wait());
  }
  ledger_.flush();
  return ledger_.state();
}

bool Run::is_over() const {
  const ex::ExperimentPhase phase = ledger_.state().phase;
  return processes_.empty() && (ex::is_final(phase) || phase == ex::ExperimentPhase::kStopped);
}

void Run::take_requests() {
  if (inbox_.stop_requested() && !ledger_.state().stop_requested) {
    ex::ExperimentState state = ledger_.state();
    state.stop_requested = true;
    ledger_.set_state(state);
  }
  if (inbox_.kill_requested() && !killed_) {
    killed_ = true;
    for (const auto& [number, process] : processes_) {
      stop_process(number, ex::StopReason::kStoppedByUser);
    }
  }
  for (const hpo::TrialId number : ledger_.kill_requests()) {
    if (ex::is_final(ledger_.trial(number).phase)) continue;
    act(ex::StopTrial{number, ex::StopReason::kKilledByUser});
  }
}

void Run::take_events() {
  for (const ex::TrialEvent& event : inbox_.take()) {
    std::visit([this](const auto& held) { on(held); }, event);
  }
}

void Run::tick() {
  if (SteadyClock::now() - last_tick_ < kTick) return;
  last_tick_ = SteadyClock::now();
  const bool was_paused = ledger_.state().paused;
  ledger_.refresh();
  tell_parallel();
  if (ledger_.state().paused != was_paused) observer_.on_phase(ledger_.state());
  observer_.on_tick(clock_.now());
}

/// `mimar edit --parallel` may have changed it since the runner was made.
void Run::tell_parallel() {
  const int parallel = ledger_.experiment().spec.parallel_trial_count;
  if (parallel_ == parallel) return;
  parallel_ = parallel;
  runner_.set_parallel(parallel);
}

milliseconds Run::time_to_wait() const {
  const auto now = SteadyClock::now();
  auto wait = std::chrono::ceil<milliseconds>(last_tick_ + kTick - now);
  if (ledger_.has_pending()) {
    wait = std::min(wait, std::chrono::ceil<milliseconds>(last_flush_ + kMaxWriteDelay - now));
  }
  if (look_again_at_) {
    wait = std::min(wait, std::chrono::ceil<milliseconds>(*look_again_at_ - clock_.now()));
  }
  return std::max(wait, milliseconds(0));
}

std::pair<const ex::Trial*, Process*> Run::find_process(const std::string& trial_name) {
  const ex::Trial* trial = ledger_.find_trial(trial_name);
  if (trial == nullptr) return {nullptr, nullptr};
  const auto found = processes_.find(trial->number);
  return {trial, found == processes_.end() ? nullptr : &found->second};
}

void Run::on(const ex::TrialStarted& event) {
  const auto [trial, process] = find_process(event.trial_name);
  if (process == nullptr || trial->phase != ex::TrialPhase::kCreated) return;
  ledger_.mark_running(trial->number, event.time);
  ledger_.after_flush([this, copy = *trial] { observer_.on_trial_started(copy); });
}

void Run::on(const ex::TrialReported& event) {
  const auto [trial, process] = find_process(event.trial_name);
  if (process == nullptr || event.observations.empty()) return;
  std::vector<ex::StoredObservation> batch;
  for (const ex::Observation& observation : event.observations) {
    process->metrics.add(observation);
    batch.push_back({process->writer, process->next_sequence++, observation});
  }
  ledger_.add_observations(trial->number, std::move(batch), clock_.now());
  ledger_.after_flush([this, copy = *trial, observations = event.observations] {
    observer_.on_report(copy, observations);
  });
}

void Run::on(const ex::TrialExited& event) {
  const auto [trial, process] = find_process(event.trial_name);
  if (process == nullptr) return;
  const hpo::TrialId number = trial->number;
  if (event.stopped == ex::StopReason::kStoppedByUser) {
    processes_.erase(number);  // not ended: it runs again on `resume`
    ledger_.forget_process(number);
    return;
  }
  ex::TrialExited exit = event;
  if (!process->stop_message.empty() && exit.stopped) exit.message = process->stop_message;
  finish(number, exit);
}

std::vector<ex::MetricSummary> Run::summaries(hpo::TrialId number) {
  const auto found = processes_.find(number);
  if (found != processes_.end() && !found->second.has_earlier_reports) {
    return found->second.metrics.summaries();
  }
  return ledger_.stored_metrics(number).summaries();
}

void Run::finish(hpo::TrialId number, const ex::TrialExited& exit) {
  ex::Trial trial = ledger_.trial(number);
  trial.metrics = summaries(number);
  trial = ex::end_trial(ledger_.experiment().spec, std::move(trial), exit);
  processes_.erase(number);
  ledger_.finish(trial);
  const bool is_best = ledger_.tally().is_among_best(number);
  ledger_.after_flush([this, trial, is_best] { observer_.on_trial_finished(trial, is_best); });
}

/// Decides until nothing more comes of it: a recorded proposal is to be launched, and so on.
void Run::decide() {
  for (bool changed = true; changed;) {
    changed = false;
    const ex::Snapshot snapshot{ledger_.experiment(), ledger_.state(), ledger_.trials(),
                                static_cast<int>(ledger_.enqueued().size()), ledger_.early_stops()};
    const ex::Decision decision = ex::reconcile(snapshot, ledger_.tally(), clock_.now());
    look_again_at_ = decision.look_again_at;
    for (const ex::Action& action : decision.actions) {
      changed |= std::visit([this](const auto& held) { return act(held); }, action);
    }
  }
}

bool Run::act(const ex::ProposeTrials& action) {
  // The next decision asks for what is left after these.
  if (record_enqueued_trials(ledger_, provider_, action.count, clock_.now()) > 0) return true;
  if (asked_in_vain_ == ledger_.history().size()) return false;
  std::vector<hpo::Proposal> proposals = provider_.propose(ledger_.history(), action.count);
  if (!proposals.empty()) {
    ledger_.record_proposals(std::move(proposals), action.count, clock_.now());
    return true;
  }
  // An algorithm may wait for trials that still run (a rung that is not full); with none it is at
  // its end.
  asked_in_vain_ = ledger_.history().size();
  if (!ledger_.tally().active_search().empty()) return false;
  ex::ExperimentState state = ledger_.state();
  state.search_exhausted = true;
  ledger_.set_state(state);
  return true;
}

bool Run::act(const ex::RetrainTrial& action) {
  ledger_.record_retrain(action.of, clock_.now());
  return true;
}

bool Run::act(const ex::LaunchTrial& action) {
  if (processes_.contains(action.trial)) return false;
  const ex::Trial& trial = ledger_.trial(action.trial);
  const ex::ExperimentSpec& spec = ledger_.experiment().spec;
  const bool is_final_training = trial.purpose == ex::TrialPurpose::kRetrain && spec.retrain;
  ex::TrialJob job = is_final_training
                         ? ex::render(ledger_.experiment(), trial, spec.retrain->parameters)
                         : ex::render(ledger_.experiment(), trial);
  Process& process = processes_[action.trial];
  process.has_earlier_reports =
      action.trial < num_loaded_ &&
      !store_.list_observations(ledger_.experiment().uid, action.trial).empty();
  ledger_.soon_after_flush([this, job = std::move(job)] {
    for (const std::string& warning : job.warnings) note(warning);
    runner_.launch(job);
  });
  return false;  // the next decision is the same, until the runner says that it has started
}

bool Run::act(const ex::StopTrial& action) {
  if (processes_.contains(action.trial)) {
    stop_process(action.trial, action.why, action.message);
    return false;
  }
  // Recorded, never started by this engine: nobody else will tell its end.
  ex::TrialExited exit;
  exit.trial_name = ledger_.trial(action.trial).name;
  exit.time = clock_.now();
  exit.stopped = action.why;
  exit.message = action.message;
  finish(action.trial, exit);
  return true;
}

void Run::stop_process(hpo::TrialId number, ex::StopReason why, std::string message) {
  Process& process = processes_.at(number);
  if (std::exchange(process.is_stopping, true)) return;
  process.stop_message = std::move(message);
  ledger_.soon_after_flush(
      [this, name = ledger_.trial(number).name, why] { runner_.stop(name, why); });
}

bool Run::act(const ex::SetPhase& action) {
  // A trial may have been launched that has not told of its start; it finishes like the others.
  if (action.phase == ex::ExperimentPhase::kStopped && !processes_.empty()) return false;
  const ex::ExperimentState state = ex::enter(ledger_.state(), action, clock_.now());
  ledger_.set_state(state);
  ledger_.after_flush([this, state] { observer_.on_phase(state); });
  return true;
}

void Run::note(const std::string& text) {
  if (notes_.insert(text).second) observer_.on_note(text);
}

}  // namespace

struct Engine::Impl {
  ex::Store& store;
  ex::SuggestionProvider& provider;
  ex::TrialRunner& runner;
  const Clock& clock;
  EngineObserver& observer;
  EngineInbox inbox;
};

Engine::Engine(ex::Store& store, ex::SuggestionProvider& provider, ex::TrialRunner& runner,
               const Clock& clock, EngineObserver& observer)
    : impl_(std::make_unique<Impl>(store, provider, runner, clock, observer)) {
  runner.watch(impl_->inbox);
}

// The runner outlives the engine and must not speak to an inbox that is gone.
Engine::~Engine() { impl_->runner.watch(null_sink()); }

ex::ExperimentState Engine::run(std::string_view experiment_name) {
  Run run(impl_->store, impl_->provider, impl_->runner, impl_->clock, impl_->observer, impl_->inbox,
          experiment_name);
  return run.loop();
}

void Engine::request_stop() noexcept { impl_->inbox.request_stop(); }

void Engine::request_kill() noexcept { impl_->inbox.request_kill(); }

}  // namespace mimar::local
