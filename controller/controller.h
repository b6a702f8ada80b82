#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "controller/policy.h"
#include "controller/policy_transfer.h"
#include "controller/reuse_guard.h"
#include "controller/saved_policy.h"

namespace mimar::controller {

/// What a controller starts from.
struct ControllerSetup {
  space::SearchSpace space;
  PolicyOptions options = {};
  std::uint64_t seed = 0;
  std::optional<SavedPolicy> reused = {};
  bool freeze = false;  // use the reused policy without training it
};

/// A trial of the experiment that has finished.
struct FinishedTrial {
  space::Assignment assignment;
  Outcome outcome;
  std::optional<double> log_probability = {};  // of its proposal, where a policy made it
  std::optional<Author> author = {};           // which policy did
};

/// An assignment that may become a trial.
struct Candidate {
  space::Assignment assignment;
  double log_probability = 0.0;
  Author author = Author::kCold;
};

/// The weights of a controller's policies at one moment.
struct ControllerSnapshot {
  SavedPolicy cold;
  std::optional<SavedPolicy> reused = {};
};

/// An experiment's policy, with the cold one beside it when it reuses a saved one.
///
/// What it draws follows from the setup, the finished trials in their order, and the number of the
/// trial to propose: nothing else is remembered. When a policy is reused, the first few proposals
/// are the best trials of the experiment it comes from that lie in this space; after that the
/// policies draw, and ReuseGuard says which.
///
/// Thread safety: none.
class Controller {
 public:
  /// Errors: kInvalidArgument when the space has no parameters, options are out of range, or the
  /// saved policy does not fit (policy_transfer.h).
  explicit Controller(ControllerSetup setup);

  /// One update of each policy. Errors: kInvalidArgument when the assignment is not in the space.
  void learn(const FinishedTrial& trial);

  /// `count` candidates for trial `number`, best first to be tried; `round` 0, 1, ... gives others
  /// when none of the earlier rounds would do (they had been tried before).
  std::vector<Candidate> draw(std::int64_t number, int round, int count) const;

  /// The policy in use, with the experiment's history.
  SavedPolicy saved() const;

  /// What `learn` has made of the trials so far, to begin from later; nothing where it could not be
  /// taken up exactly (PPO with trials that no policy proposed).
  std::optional<ControllerSnapshot> snapshot() const;

  /// Goes on from a snapshot of a controller with the same setup that had learned from these
  /// trials: exactly as that one would have. Needs a controller that has learned nothing yet.
  /// Errors: kInvalidArgument when the snapshot is of another setup.
  void resume(const ControllerSnapshot& snapshot, std::span<const FinishedTrial> trials);

  const DecisionPlan& plan() const noexcept { return *plan_; }
  const PolicyStatus& status() const noexcept { return active().status(); }
  const ReuseGuard& guard() const noexcept { return guard_; }
  /// How much of the reused policy fits; nothing without one.
  std::optional<Coverage> coverage() const noexcept { return coverage_; }

 private:
  const Policy& active() const noexcept;
  Author author(std::int64_t number) const;
  void note(const FinishedTrial& trial);
  std::optional<Candidate> elite(std::int64_t number) const;

  std::shared_ptr<const DecisionPlan> plan_;
  std::uint64_t seed_;
  bool freeze_;
  std::unique_ptr<Policy> cold_;
  std::unique_ptr<Policy> reused_;  // null without one
  std::optional<Coverage> coverage_;
  std::vector<space::Assignment> elites_;  // of the reused policy's history, best first
  ReuseGuard guard_;
  std::vector<FinishedTrial> history_;
};

}  // namespace mimar::controller
