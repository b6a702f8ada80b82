#include "hpo/grid/grid_sampler.h"

#include <utility>

#include <boost/integer/common_factor_rt.hpp>
#include <boost/multiprecision/cpp_int.hpp>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::hpo {
namespace {

/// The number coprime to `size` next above the golden section of it.
space::Cardinality golden_stride(const space::Cardinality& size) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio
  space::Cardinality stride = size * kGolden;
  stride >>= 64;
  while (boost::multiprecision::gcd(stride, size) != 1) ++stride;
  return stride;
}

}  // namespace

GridSampler::GridSampler(Problem problem, bool shuffled)
    : Sampler(problem.directions), space_(std::move(problem.space)), novelty_(space_) {
  const auto& size = novelty_.enumeration().size();
  require(size.has_value(),
          "grid search needs a finite space whose conditions can be counted: give every real "
          "parameter a step");
  size_ = *size;
  const bool covers_all = problem.max_trials && *problem.max_trials >= size_;
  if (size_ > 1 && (shuffled || !covers_all)) {
    Rng rng(problem.seed, stable_hash("grid"));
    stride_ = golden_stride(size_);
    offset_ = space::Cardinality(rng.next()) % size_;
  }
}

space::Assignment GridSampler::point(std::uint64_t position) {
  return novelty_.enumeration().at((stride_ * position + offset_) % size_);
}

std::vector<Proposal> GridSampler::propose(const History& history, int count) {
  require(count >= 0, "count must not be negative: ", count);
  novelty_.begin(history);
  if (!cursor_.is_prefix_of(history)) first_new_ = 0;
  cursor_.move_to_end(history);
  while (first_new_ < size_ && !novelty_.is_new(point(first_new_))) ++first_new_;

  std::vector<Proposal> proposals;
  for (std::uint64_t position = first_new_;
       position < size_ && static_cast<int>(proposals.size()) < count; ++position) {
    space::Assignment assignment = point(position);
    if (!novelty_.is_new(assignment)) continue;
    novelty_.add(assignment);
    proposals.push_back({.assignment = std::move(assignment)});
  }
  return proposals;
}

void check_grid_problem(const Problem& problem, std::vector<SettingProblem>& problems) {
  const std::size_t before = problems.size();
  for (const space::Parameter& parameter : problem.space.parameters()) {
    if (space::num_values(parameter.domain)) continue;
    problems.push_back({"", concat("Param ", parameter.name,
                                   " step is nil; For discrete search space, all parameters must "
                                   "include step")});
  }
  if (problems.size() > before || !problem.max_trials) return;
  const std::optional<space::Cardinality> size = Enumeration(problem.space).size();
  if (size && *problem.max_trials > *size) {
    problems.push_back({"", concat("Max Trial Count: ", *problem.max_trials,
                                   " > all possible search combinations: ", *size)});
  }
}

}  // namespace mimar::hpo
