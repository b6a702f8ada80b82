#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "space/search_space.h"

namespace mimar::controller {

/// What one choice of the policy settles.
enum class Part : std::uint8_t {
  kValue,  // the parameter's value, from its list
  kBin,    // which of kNumBins equal stretches of the unit interval a number lies in
  kCell,   // which of kNumCells equal stretches of that bin
};

/// How the choices of a decision are scored from the policy's hidden state.
enum class Scoring : std::uint8_t {
  kHead,   // a linear layer of the decision's own
  kSkip,   // attention to one earlier layer: no or yes
  kInput,  // attention to the nodes that may be read, one a choice
};

/// One categorical choice on the way to an assignment.
struct Decision {
  std::string label;          // the parameter's name; "lr/bin" and "lr/cell" for a number's two
  std::size_t parameter = 0;  // in the space
  Part part = Part::kValue;
  int num_choices = 0;
  Scoring scoring = Scoring::kHead;
  std::vector<int> anchors = {};  // kSkip: the layer's; kInput: one a choice
  /// Scored from the same hidden state as the decision before: the skips of one layer.
  bool shares_step = false;
  /// The hidden state after this decision becomes what later ones attend to under this number.
  std::optional<int> leaves_anchor = {};

  bool operator==(const Decision&) const = default;
};

/// A choice for each decision of a plan; kInactive where the decision does not arise.
using Choices = std::vector<int>;
inline constexpr int kInactive = -1;

/// The decisions that a policy makes, one after the other, to propose an assignment of a space.
///
/// Lists and short ranges of numbers are one decision each. Longer ranges and real intervals are
/// two: a bin of the unit interval, on the parameter's own scale (a log-uniform one is cut on the
/// log scale), and a cell of the bin; within the cell the value is drawn uniformly. Conditional
/// parameters come after their parents and are left out while inactive. Decisions of a graph space
/// that name an earlier layer or node are scored by attention to it, as in ENAS (Pham et al.,
/// arXiv:1802.03268); what is attended to is called an anchor.
///
/// Thread safety: full, a plan never changes.
class DecisionPlan {
 public:
  static constexpr int kNumBins = 8;
  static constexpr int kNumCells = 4;
  static constexpr std::uint64_t kMaxListed = 16;  // longest range of numbers that is one decision

  explicit DecisionPlan(space::SearchSpace space);

  const space::SearchSpace& space() const noexcept { return space_; }
  std::span<const Decision> decisions() const noexcept { return decisions_; }
  std::size_t size() const noexcept { return decisions_.size(); }
  /// How many anchors there are; the first num_given_anchors() stand for the network's inputs and
  /// are there from the start.
  int num_anchors() const noexcept { return num_anchors_; }
  int num_given_anchors() const noexcept { return num_given_anchors_; }

  /// The choices that lead to an assignment.
  /// Errors: kInvalidArgument when it is not in the space.
  Choices choices(const space::Assignment& assignment) const;

  /// True when decision `index` arises, given the values of the parameters before it.
  bool is_active(std::size_t index, const space::Assignment& assignment) const;

  /// Which choices are legal, one flag a choice; never none while the decision is active.
  /// `choices` needs the decisions before `index`, `assignment` their values.
  std::vector<bool> allowed(std::size_t index, const Choices& choices,
                            const space::Assignment& assignment) const;

  /// Puts what a decision settled into `assignment`: the value once its last part is chosen. `rng`
  /// draws within the cell. Needs a legal choice.
  void settle(std::size_t index, const Choices& choices, Rng& rng,
              space::Assignment& assignment) const;

 private:
  /// The values of a long but countable range, by cell: [bin * kNumCells + cell].
  using Cells = std::vector<std::vector<std::uint64_t>>;

  void add_parameter(std::size_t parameter);
  int cell_of(std::size_t parameter, const space::Value& value) const;

  space::SearchSpace space_;
  std::vector<Decision> decisions_;
  std::vector<Cells> cells_;  // by parameter; empty unless it is cut and countable
  int num_anchors_ = 0;
  int num_given_anchors_ = 0;
};

}  // namespace mimar::controller
