#include "experiment/suggestion_provider.h"

#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "hpo/sampler.h"

namespace mimar::experiment {

namespace {

using Point = std::map<std::string, std::string>;

class SamplerProvider final : public SuggestionProvider {
 public:
  explicit SamplerProvider(const Experiment& experiment)
      : space_(search_space(experiment.spec)),
        seed_(experiment.seed()),
        initial_points_(experiment.spec.initial_points),
        sampler_(hpo::make_sampler(experiment.spec.algorithm.name,
                                   experiment.spec.algorithm.settings, make_problem(experiment))) {}

  std::vector<hpo::Proposal> propose(const hpo::History& history, int count) override {
    if (number_of(history) >= initial_points_.size()) return sampler_->propose(history, count);
    return propose_initial(history, count);
  }

  std::optional<hpo::TrialId> recommend(const hpo::History& history) override {
    return sampler_->recommend(history);
  }

 private:
  static std::size_t number_of(const hpo::History& history) {
    return static_cast<std::size_t>(history.next_number());
  }

  /// One by one while there are initial points: the sampler must see each as it became, or it
  /// would propose in the same batch what an initial point already is.
  std::vector<hpo::Proposal> propose_initial(const hpo::History& history, int count) {
    std::vector<hpo::Proposal> proposals;
    hpo::History seen = history;
    while (static_cast<int>(proposals.size()) < count) {
      const std::size_t number = number_of(seen);
      const bool is_initial = number < initial_points_.size();
      const int left = count - static_cast<int>(proposals.size());
      std::vector<hpo::Proposal> next = sampler_->propose(seen, is_initial ? 1 : left);
      if (next.empty()) break;
      if (is_initial) {
        next.front().assignment = overlaid(std::move(next.front().assignment), number);
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

  /// The proposal with the user's values over it. What no longer fits falls away, and what they
  /// bring into being without a value is drawn, always the same for this trial.
  space::Assignment overlaid(space::Assignment assignment, std::size_t number) const {
    for (const auto& [name, text] : initial_points_[number]) {
      const space::Parameter* parameter = space_.find(name);
      require(parameter != nullptr, "spec.initialPoints[", number, "] names \"", name,
              "\", which is no parameter of the experiment");
      assignment[name] = space::parse_value(parameter->domain, text);
    }
    Rng rng(seed_, number, stable_hash("initial-point"));
    return space_.repaired(std::move(assignment), rng);
  }

  space::SearchSpace space_;
  std::uint64_t seed_;
  std::vector<Point> initial_points_;
  std::unique_ptr<hpo::Sampler> sampler_;
};

}  // namespace

std::unique_ptr<SuggestionProvider> make_sampler_provider(const Experiment& experiment) {
  return std::make_unique<SamplerProvider>(experiment);
}

}  // namespace mimar::experiment
