#include "experiment/suggestion_provider.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "hpo/sampler.h"

namespace mimar::experiment {

namespace {

class SamplerProvider final : public SuggestionProvider {
 public:
  /// `controller` is `sampler` itself where that is a policy, else null.
  SamplerProvider(const Experiment& experiment, std::unique_ptr<hpo::Sampler> sampler,
                  ControllerSampler* controller)
      : space_(search_space(experiment.spec)),
        seed_(experiment.seed()),
        initial_points_(experiment.spec.initial_points),
        sampler_(std::move(sampler)),
        controller_(controller) {}

  std::vector<hpo::Proposal> propose(const hpo::History& history, int count) override {
    if (initial_points_.empty() || num_proposed(history) >= initial_points_.size()) {
      return sampler_->propose(history, count);
    }
    return propose_initial(history, count);
  }

  hpo::Proposal propose_enqueued(const hpo::History& history, const EnqueuedTrial& trial) override {
    hpo::Proposal proposal;
    if (trial.retry_of) {
      const hpo::TrialRecord& other = history.trial(*trial.retry_of);
      proposal = {.assignment = other.assignment,
                  .budget = other.budget,
                  .continue_from = other.continue_from,
                  .replicate = true,
                  .labels = other.labels};
    } else {
      // An algorithm at its end proposes nothing; all that was not given is drawn then.
      std::vector<hpo::Proposal> own = sampler_->propose(history, 1);
      if (!own.empty()) proposal = std::move(own.front());
      Rng rng(seed_, static_cast<std::uint64_t>(history.next_number()), stable_hash("enqueued"));
      space::Assignment changed = overlaid(space_, proposal.assignment, trial.given, rng);
      if (changed != proposal.assignment) proposal.labels.clear();
      proposal.assignment = std::move(changed);
      proposal.replicate = true;  // the user may well want the same again
    }
    proposal.labels.merge(labels_of(trial));
    return proposal;
  }

  std::optional<hpo::TrialId> recommend(const hpo::History& history) override {
    return sampler_->recommend(history);
  }

  ControllerSampler* controller() override { return controller_; }

 private:
  /// How many trials the algorithm has proposed, initial points among them.
  static std::size_t num_proposed(const hpo::History& history) {
    const auto trials = history.trials();
    return static_cast<std::size_t>(
        std::count_if(trials.begin(), trials.end(),
                      [](const hpo::TrialRecord& trial) { return !is_from_user(trial.labels); }));
  }

  /// One by one while there are initial points: the sampler must see each as it became, or it
  /// would propose in the same batch what an initial point already is.
  std::vector<hpo::Proposal> propose_initial(const hpo::History& history, int count) {
    std::vector<hpo::Proposal> proposals;
    hpo::History seen = history;
    while (static_cast<int>(proposals.size()) < count) {
      const std::size_t number = num_proposed(seen);
      const bool is_initial = number < initial_points_.size();
      const int left = count - static_cast<int>(proposals.size());
      std::vector<hpo::Proposal> next = sampler_->propose(seen, is_initial ? 1 : left);
      if (next.empty()) break;
      if (is_initial) {
        put_initial_point(next.front(), number);
        hpo::Proposed event;
        event.assignment = next.front().assignment;
        event.origin = {history.size(), count, static_cast<int>(proposals.size())};
        seen.append(std::move(event));
      }
      for (hpo::Proposal& proposal : next) proposals.push_back(std::move(proposal));
      if (!is_initial) break;
    }
    return proposals;
  }

  /// Puts the initial point over the proposal, always the same for this one. What the algorithm
  /// said of its proposal does not hold for another.
  void put_initial_point(hpo::Proposal& proposal, std::size_t number) const {
    Rng rng(seed_, number, stable_hash("initial-point"));
    try {
      space::Assignment changed =
          overlaid(space_, proposal.assignment, initial_points_[number], rng);
      if (changed != proposal.assignment) proposal.labels.clear();
      proposal.assignment = std::move(changed);
    } catch (const Error& error) {
      fail(error.code(), "spec.initialPoints[", number, "]: ", error.what());
    }
  }

  space::SearchSpace space_;
  std::uint64_t seed_;
  std::vector<GivenValues> initial_points_;
  std::unique_ptr<hpo::Sampler> sampler_;
  ControllerSampler* controller_;  // into sampler_, or null
};

}  // namespace

std::unique_ptr<SuggestionProvider> make_provider_with(const Experiment& experiment,
                                                       std::unique_ptr<hpo::Sampler> sampler) {
  return std::make_unique<SamplerProvider>(experiment, std::move(sampler), nullptr);
}

std::unique_ptr<SuggestionProvider> make_sampler_provider(const Experiment& experiment) {
  const Algorithm& algorithm = experiment.spec.algorithm;
  return make_provider_with(
      experiment, hpo::make_sampler(algorithm.name, algorithm.settings, make_problem(experiment)));
}

std::unique_ptr<SuggestionProvider> make_provider(const Experiment& experiment,
                                                  const ControllerPlace& place) {
  const Algorithm& algorithm = experiment.spec.algorithm;
  if (!hpo::runs_in_own_program(algorithm.name)) return make_sampler_provider(experiment);
  auto sampler =
      std::make_unique<ControllerSampler>(make_problem(experiment), algorithm.settings, place);
  ControllerSampler* const controller = sampler.get();
  return std::make_unique<SamplerProvider>(experiment, std::move(sampler), controller);
}

}  // namespace mimar::experiment
