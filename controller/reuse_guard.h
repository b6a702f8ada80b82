#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "controller/reward_ranks.h"

namespace mimar::controller {

/// Which policy proposed a trial of an experiment that reuses a saved controller.
enum class Author : std::uint8_t { kReused, kCold };

/// Guards an experiment against a saved policy that misleads it.
///
/// One proposal in kColdEvery comes from a cold policy, which learns beside the reused one from all
/// trials. The burden of proof is on the reused policy: once kLeastCold cold and kLeastReused
/// reused trials have finished, the share of pairs in which the reused trial beats the cold one
/// (the statistic of Mann & Whitney, Annals of Mathematical Statistics 18, 1947; ties count half)
/// must be kLeastShare. When it is less, all further proposals come from the cold policy. Trials
/// that neither policy proposed do not count.
///
/// Follows from the order in which trials finished, and nothing else.
class ReuseGuard {
 public:
  static constexpr int kColdEvery = 4;
  static constexpr int kLeastCold = 3;
  static constexpr int kLeastReused = 6;
  static constexpr double kLeastShare = 0.65;

  /// Who is to propose trial `number`, given the trials that have finished.
  Author author(std::int64_t number) const;

  /// Notes a finished trial; the author is absent when neither policy proposed it.
  void add(const Outcome& outcome, std::optional<Author> author);

  bool has_switched() const noexcept { return switched_after_.has_value(); }
  /// After how many finished trials the reused policy was given up.
  std::optional<std::int64_t> switched_after() const noexcept { return switched_after_; }
  /// The share of pairs won by the reused policy; nothing without pairs.
  std::optional<double> share() const;

 private:
  std::vector<Outcome> reused_;
  std::vector<Outcome> cold_;
  double won_ = 0.0;  // pairs
  std::int64_t num_finished_ = 0;
  std::optional<std::int64_t> switched_after_;
};

}  // namespace mimar::controller
