#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hpo/history.h"
#include "space/search_space.h"

namespace mimar::hpo {

/// What to try next.
struct Proposal {
  space::Assignment assignment;
  std::optional<double> budget = {};  // value of the fidelity parameter (Hyperband, ASHA, BOHB)
  std::optional<TrialId> continue_from = {};  // whose checkpoint to start from
  bool replicate = false;                     // a deliberate repeat of a finished assignment
  Labels labels = {};                         // what the algorithm wants back in the history

  bool operator==(const Proposal&) const = default;
};

/// Proposes what to try next.
///
/// A proposal depends only on the options, the space and `history`, so a restarted experiment goes
/// on as if it had never stopped. Implementations may cache, but a cache must never change an
/// answer.
///
/// Thread safety: none; the engine makes one call at a time per experiment.
class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Returns at most `count` proposals, distinct from each other and from pending trials unless
  /// `replicate`; fewer, or none, when the space is exhausted.
  /// Errors: kInvalidArgument when `count` is negative.
  virtual std::vector<Proposal> propose(const History& history, int count) = 0;

  /// The trial to name as the result: the best feasible one by the first objective, of equals by
  /// the next, of equals in all the earliest, unless the algorithm knows better. It stands on the
  /// Pareto front. Nothing while no trial has usable values.
  virtual std::optional<TrialId> recommend(const History& history) const;

 protected:
  /// Errors: kInvalidArgument when there is no direction.
  explicit Sampler(std::vector<Direction> directions);
  std::span<const Direction> directions() const noexcept { return directions_; }

 private:
  std::vector<Direction> directions_;  // one per objective
};

/// What every algorithm is told of the problem.
struct Problem {
  space::SearchSpace space;
  std::vector<Direction> directions = {Direction::kMinimize};
  std::uint64_t seed = 0;
  std::optional<int> max_trials = {};
};

/// Katib's algorithmSettings: name -> text, in the user's words.
using Settings = std::map<std::string, std::string, std::less<>>;

/// One fault of an algorithm's settings or of its fit to the problem.
struct SettingProblem {
  std::string setting;  // empty when the fault is not one setting's
  std::string message;
  std::string detail = {};  // the value against its limit, "-1 < 0"; may be empty
};

/// Names of all algorithms that this build knows, sorted.
std::vector<std::string> algorithm_names();

/// Names of the settings an algorithm takes, with default and one sentence of help, for
/// `mimar get algorithms` and `explain`. Errors: kNotFound.
struct SettingHelp {
  std::string name;
  std::string default_value;
  std::string help;
};
std::vector<SettingHelp> algorithm_settings(std::string_view algorithm);

/// The part of validate_algorithm that needs no space: names and values of the settings.
std::vector<SettingProblem> validate_settings(std::string_view algorithm, const Settings& settings);

/// Checks settings and space before anything runs, with Katib's texts where Katib has the rule.
std::vector<SettingProblem> validate_algorithm(std::string_view algorithm, const Settings& settings,
                                               const Problem& problem);

/// True for an algorithm that trains a network, in a program of its own: make_sampler cannot build
/// it.
bool runs_in_own_program(std::string_view algorithm);

/// True for an algorithm whose every trial is a whole search: it proposes no architectures, only
/// the settings of searches that the user made parameters.
bool searches_in_one_trial(std::string_view algorithm);

/// Builds a sampler by its name in the Experiment file.
/// Errors: kNotFound for an unknown name, with the nearest known one; kInvalidArgument for what
/// validate_algorithm finds; kFailedPrecondition for an algorithm with a program of its own.
std::unique_ptr<Sampler> make_sampler(std::string_view algorithm, const Settings& settings,
                                      Problem problem);

}  // namespace mimar::hpo
