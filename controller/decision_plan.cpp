#include "controller/decision_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "controller/anchors.h"

namespace mimar::controller {
namespace {

/// Longest range of numbers whose values are sorted into cells one by one; in a longer one the
/// values are so dense that a cell can be treated as continuous.
constexpr std::uint64_t kMaxCounted = 4096;

constexpr int kCellsInAll = DecisionPlan::kNumBins * DecisionPlan::kNumCells;

bool is_list(const space::Domain& domain) {
  return std::holds_alternative<space::OrdinalDomain>(domain) ||
         std::holds_alternative<space::CategoricalDomain>(domain);
}

int cell_at(double unit) {
  return std::clamp(static_cast<int>(unit * kCellsInAll), 0, kCellsInAll - 1);
}

}  // namespace

DecisionPlan::DecisionPlan(space::SearchSpace space) : space_(std::move(space)) {
  cells_.resize(space_.size());
  for (const std::size_t parameter : space_.order()) add_parameter(parameter);
  const AnchorCounts counts = link_anchors(space_, decisions_);
  num_anchors_ = counts.all;
  num_given_anchors_ = counts.given;
}

void DecisionPlan::add_parameter(std::size_t parameter) {
  const space::Parameter& described = space_.parameters()[parameter];
  const std::optional<std::uint64_t> count = space::num_values(described.domain);
  if (is_list(described.domain) || (count && *count <= kMaxListed)) {
    decisions_.push_back(
        {.label = described.name, .parameter = parameter, .num_choices = static_cast<int>(*count)});
    return;
  }
  decisions_.push_back({.label = described.name + "/bin",
                        .parameter = parameter,
                        .part = Part::kBin,
                        .num_choices = kNumBins});
  decisions_.push_back({.label = described.name + "/cell",
                        .parameter = parameter,
                        .part = Part::kCell,
                        .num_choices = kNumCells});
  if (!count || *count > kMaxCounted) return;
  Cells& cells = cells_[parameter];
  cells.resize(kCellsInAll);
  for (std::uint64_t i = 0; i < *count; ++i) {
    const space::Value value = space::value_at(described.domain, i);
    cells[static_cast<std::size_t>(cell_at(space::to_unit(described.domain, value)))].push_back(i);
  }
}

int DecisionPlan::cell_of(std::size_t parameter, const space::Value& value) const {
  return cell_at(space::to_unit(space_.parameters()[parameter].domain, value));
}

Choices DecisionPlan::choices(const space::Assignment& assignment) const {
  const std::vector<std::string> problems = space_.problems(assignment);
  require(problems.empty(), "no assignment of the space: ", problems.empty() ? "" : problems[0]);
  Choices choices(size(), kInactive);
  for (std::size_t i = 0; i < size(); ++i) {
    const Decision& decision = decisions_[i];
    const space::Parameter& parameter = space_.parameters()[decision.parameter];
    const auto found = assignment.find(parameter.name);
    if (found == assignment.end()) continue;
    switch (decision.part) {
      case Part::kValue:
        choices[i] = static_cast<int>(*space::find_index(parameter.domain, found->second));
        break;
      case Part::kBin:
        choices[i] = cell_of(decision.parameter, found->second) / kNumCells;
        break;
      case Part::kCell:
        choices[i] = cell_of(decision.parameter, found->second) % kNumCells;
        break;
    }
  }
  return choices;
}

bool DecisionPlan::is_active(std::size_t index, const space::Assignment& assignment) const {
  return space_.is_active(decisions_[index].parameter, assignment);
}

std::vector<bool> DecisionPlan::allowed(std::size_t index, const Choices& choices,
                                        const space::Assignment& assignment) const {
  const Decision& decision = decisions_[index];
  std::vector<bool> allowed(static_cast<std::size_t>(decision.num_choices), true);
  const Cells& cells = cells_[decision.parameter];
  if (decision.part == Part::kValue) {
    const std::optional<std::string>& above = space_.parameters()[decision.parameter].above;
    if (!above) return allowed;
    const double least = std::stod(std::get<std::string>(assignment.at(*above)));
    const space::Domain& domain = space_.parameters()[decision.parameter].domain;
    for (std::size_t k = 0; k < allowed.size(); ++k) {
      allowed[k] = std::stod(std::get<std::string>(space::value_at(domain, k))) > least;
    }
  } else if (!cells.empty()) {
    for (std::size_t k = 0; k < allowed.size(); ++k) {
      const bool is_bin = decision.part == Part::kBin;
      const std::size_t first =
          is_bin ? k * kNumCells : static_cast<std::size_t>(choices[index - 1]) * kNumCells + k;
      allowed[k] =
          std::any_of(cells.begin() + static_cast<std::ptrdiff_t>(first),
                      cells.begin() + static_cast<std::ptrdiff_t>(first) + (is_bin ? kNumCells : 1),
                      [](const auto& values) { return !values.empty(); });
    }
  }
  return allowed;
}

void DecisionPlan::settle(std::size_t index, const Choices& choices, Rng& rng,
                          space::Assignment& assignment) const {
  const Decision& decision = decisions_[index];
  const space::Parameter& parameter = space_.parameters()[decision.parameter];
  if (decision.part == Part::kBin) return;  // the cell completes it
  const auto choice = static_cast<std::uint64_t>(choices[index]);
  if (decision.part == Part::kValue) {
    assignment[parameter.name] = space::value_at(parameter.domain, choice);
    return;
  }
  const int cell = choices[index - 1] * kNumCells + choices[index];
  if (const Cells& cells = cells_[decision.parameter]; !cells.empty()) {
    const std::vector<std::uint64_t>& values = cells[static_cast<std::size_t>(cell)];
    assignment[parameter.name] =
        space::value_at(parameter.domain, values[rng.index(values.size())]);
  } else {
    assignment[parameter.name] =
        space::from_unit(parameter.domain, (cell + rng.uniform()) / kCellsInAll);
  }
}

}  // namespace mimar::controller
