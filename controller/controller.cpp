#include "controller/controller.h"

#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::controller {
namespace {

/// How many of the source experiment's best trials are proposed first.
constexpr std::size_t kNumElites = 3;

/// The best different assignments of a history that lie in `space`, best first. A trial's place is
/// how many others it beats less how many beat it; of equals the earlier comes first.
std::vector<space::Assignment> best_of(const std::vector<SavedTrial>& history,
                                       const space::SearchSpace& space) {
  std::vector<std::pair<int, std::size_t>> places;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].outcome.failed()) continue;
    int wins = 0;
    for (const SavedTrial& other : history) wins += compare(history[i].outcome, other.outcome);
    places.emplace_back(-wins, i);
  }
  std::ranges::sort(places);
  std::vector<space::Assignment> best;
  for (const auto& [wins, i] : places) {
    const space::Assignment& assignment = history[i].assignment;
    if (best.size() == kNumElites) break;
    if (std::ranges::find(best, assignment) != best.end() || !space.contains(assignment)) continue;
    best.push_back(assignment);
  }
  return best;
}

Experience experience_of(const FinishedTrial& trial) {
  return {trial.assignment, trial.outcome, trial.log_probability};
}

std::vector<Experience> experiences_of(std::span<const FinishedTrial> trials) {
  std::vector<Experience> experiences;
  for (const FinishedTrial& trial : trials) experiences.push_back(experience_of(trial));
  return experiences;
}

constexpr const char* kEntropy = "lastEntropy";

SavedPolicy with_entropy(const Policy& policy, std::uint64_t seed) {
  SavedPolicy saved = save(policy, seed);
  saved.origin[kEntropy] = to_text(policy.status().last_entropy);
  return saved;
}

/// Puts a policy where it was after these experiences.
void take_up(const SavedPolicy& saved, std::span<const Experience> experiences, Policy& policy) {
  const Coverage coverage = load(saved, policy);
  const auto entropy = saved.origin.find(kEntropy);
  require(coverage.num_matched == coverage.num_choices && entropy != saved.origin.end() &&
              std::cmp_equal(saved.num_updates, experiences.size()),
          "the snapshot is of a controller with another setup");
  policy.catch_up(experiences, find_double(entropy->second).value_or(0.0));
}

}  // namespace

Controller::Controller(ControllerSetup setup)
    : plan_(std::make_shared<const DecisionPlan>(std::move(setup.space))),
      seed_(setup.seed),
      freeze_(setup.freeze),
      cold_(std::make_unique<Policy>(plan_, setup.options, setup.seed)) {
  require(setup.reused || !freeze_, "there is no saved controller to freeze: name one to reuse");
  if (!setup.reused) return;
  reused_ = std::make_unique<Policy>(plan_, setup.options, setup.seed);
  coverage_ = load(*setup.reused, *reused_);
  elites_ = best_of(setup.reused->history, plan_->space());
}

void Controller::note(const FinishedTrial& trial) {
  history_.push_back(trial);
  if (!freeze_) guard_.add(trial.outcome, trial.author);
}

void Controller::learn(const FinishedTrial& trial) {
  note(trial);
  if (freeze_) return;
  cold_->learn(experience_of(trial));
  if (reused_) reused_->learn(experience_of(trial));
}

std::optional<ControllerSnapshot> Controller::snapshot() const {
  if (freeze_ || !Policy::can_catch_up(cold_->options(), experiences_of(history_))) return {};
  ControllerSnapshot snapshot{with_entropy(*cold_, seed_)};
  if (reused_) snapshot.reused = with_entropy(*reused_, seed_);
  return snapshot;
}

void Controller::resume(const ControllerSnapshot& snapshot, std::span<const FinishedTrial> trials) {
  require(history_.empty() && !freeze_ && snapshot.reused.has_value() == (reused_ != nullptr),
          "the snapshot is of a controller with another setup");
  const std::vector<Experience> experiences = experiences_of(trials);
  take_up(snapshot.cold, experiences, *cold_);
  if (reused_) take_up(*snapshot.reused, experiences, *reused_);
  for (const FinishedTrial& trial : trials) note(trial);
}

Author Controller::author(std::int64_t number) const {
  if (!reused_) return Author::kCold;
  return freeze_ ? Author::kReused : guard_.author(number);
}

const Policy& Controller::active() const noexcept {
  return reused_ && !guard_.has_switched() ? *reused_ : *cold_;
}

std::optional<Candidate> Controller::elite(std::int64_t number) const {
  // The cold policy has had number / kColdEvery of the turns before.
  const std::int64_t turn = freeze_ ? number : number - number / ReuseGuard::kColdEvery;
  if (!std::cmp_less(turn, elites_.size())) return std::nullopt;
  const torch::NoGradGuard no_grad;
  const space::Assignment& assignment = elites_[static_cast<std::size_t>(turn)];
  const Scores scores = reused_->network().score({&assignment, 1});
  return Candidate{assignment, scores.log_probability.item<double>(), Author::kReused};
}

std::vector<Candidate> Controller::draw(std::int64_t number, int round, int count) const {
  require(count >= 0, "count must not be negative: ", count);
  const Author who = author(number);
  const Policy& policy = who == Author::kReused ? *reused_ : *cold_;
  std::vector<Rng> rngs;
  for (int i = 0; i < count; ++i) {
    rngs.emplace_back(seed_, static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(round),
                      static_cast<std::uint64_t>(i), stable_hash("policy-draw"));
  }
  std::vector<Candidate> candidates;
  if (round == 0 && who == Author::kReused) {
    if (std::optional<Candidate> best = elite(number)) candidates.push_back(std::move(*best));
  }
  for (Draw& draw : policy.network().draw(rngs)) {
    if (std::cmp_equal(candidates.size(), count)) break;
    candidates.push_back({std::move(draw.assignment), draw.log_probability, who});
  }
  return candidates;
}

SavedPolicy Controller::saved() const {
  SavedPolicy saved = save(active(), seed_);
  for (const FinishedTrial& trial : history_) {
    saved.history.push_back({trial.assignment, trial.outcome});
  }
  return saved;
}

}  // namespace mimar::controller
