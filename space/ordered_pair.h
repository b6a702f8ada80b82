#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "space/parameter.h"

namespace mimar::space {

/// The values of two parameters of which the second must exceed the first (Parameter::above).
struct ValuePair {
  std::string lower;
  std::string upper;
};

/// Counts, draws and repairs pairs (lower, upper) of two ordinals of numbers with lower < upper.
class OrderedPair {
 public:
  /// The domains must be ordinals of numbers; see `problems`.
  OrderedPair(const Domain& lower, const Domain& upper);

  /// What keeps two domains from being such a pair.
  static std::vector<std::string> problems(const Domain& lower, const Domain& upper);

  /// Number of legal pairs.
  std::uint64_t size() const;

  /// True when the second value exceeds the first.
  static bool is_legal(const std::string& lower, const std::string& upper);

  /// The legal pairs' indices in the two lists, in order of the lower one.
  std::vector<std::pair<std::size_t, std::size_t>> index_pairs() const;

  /// Draws uniformly over the legal pairs.
  ValuePair sample(Rng& rng) const;

  /// Draws the missing one uniformly among those legal with the other; a whole new pair when there
  /// is none.
  ValuePair complete(std::optional<std::string> lower, std::optional<std::string> upper,
                     Rng& rng) const;

  /// The nearest legal pair: itself, swapped, or else the upper one raised just above the lower.
  ValuePair repaired(ValuePair pair) const;

 private:
  struct Entry {
    double number;
    std::string text;
    std::size_t index;
  };
  static std::vector<Entry> sorted_entries(const Domain& domain);

  /// Position of the first upper entry above `number`.
  std::size_t first_above(double number) const;

  std::vector<Entry> lower_;  // sorted by number
  std::vector<Entry> upper_;  // sorted by number
};

}  // namespace mimar::space
