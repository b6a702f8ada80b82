#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hpo/history.h"
#include "hpo/sampler.h"

namespace mimar::hpo {

/// A trial that is not worth its end, and why, for people.
struct EarlyStop {
  TrialId trial = 0;
  std::string reason;

  bool operator==(const EarlyStop&) const = default;
};

/// Says which trials to end before their time.
///
/// An answer depends only on the options and `history`, so that a replayed log gives the same one.
/// Implementations may cache, but a cache must never change an answer.
///
/// Thread safety: none.
class EarlyStopper {
 public:
  virtual ~EarlyStopper() = default;

  /// The pending trials that should end now, by number, judged by their reports so far.
  virtual std::vector<EarlyStop> find_stops(const History& history) = 0;
};

/// Names of the rules that this build has, sorted.
std::vector<std::string> early_stopping_names();

/// The settings that a rule takes. Errors: kNotFound.
std::vector<SettingHelp> early_stopping_settings(std::string_view name);

/// What is wrong with a rule's name and settings, in Katib's words where Katib has them.
std::vector<SettingProblem> validate_early_stopping(std::string_view name,
                                                    const Settings& settings);

/// Builds a rule by its name in the Experiment file. It watches the first objective.
/// Errors: kInvalidArgument for what validate_early_stopping finds.
std::unique_ptr<EarlyStopper> make_early_stopper(std::string_view name, const Settings& settings,
                                                 Direction direction);

}  // namespace mimar::hpo
