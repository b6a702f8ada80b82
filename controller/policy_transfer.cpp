#include "controller/policy_transfer.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mimar::controller {
namespace {

NamedTensor to_named(std::string name, const std::vector<std::int64_t>& sizes,
                     const torch::Tensor& values) {
  const torch::Tensor flat = values.detach().contiguous();
  const float* const first = flat.data_ptr<float>();
  return {std::move(name), sizes, {first, first + flat.numel()}};
}

/// What a decision's choices are called: their values, or the stretch of a number's range.
std::vector<std::string> choice_names(const DecisionPlan& plan, const Decision& decision) {
  std::vector<std::string> names;
  for (int k = 0; k < decision.num_choices; ++k) {
    const space::Domain& domain = plan.space().parameters()[decision.parameter].domain;
    names.push_back(decision.part == Part::kValue
                        ? space::to_text(space::value_at(domain, static_cast<std::uint64_t>(k)))
                        : std::to_string(k));
  }
  return names;
}

/// Which choice of the saved decision each choice of the new one was; -1: none.
std::vector<int> match_choices(const DecisionPlan& from, const Decision& old_decision,
                               const DecisionPlan& to, const Decision& new_decision) {
  const std::vector<std::string> old_names = choice_names(from, old_decision);
  std::vector<int> matches;
  for (const std::string& name : choice_names(to, new_decision)) {
    const auto found = std::find(old_names.begin(), old_names.end(), name);
    matches.push_back(found == old_names.end() ? -1 : static_cast<int>(found - old_names.begin()));
  }
  return matches;
}

/// The three places of a weight: itself and its two moments.
struct Slot {
  std::string prefix;
  torch::Tensor flat;
};

std::vector<Slot> slots(Policy& policy) {
  return {{"weights/", policy.network().weights().values()},
          {"first_moments/", policy.adam().first_moments()},
          {"second_moments/", policy.adam().second_moments()}};
}

/// Copies weights of one policy to another by name.
class Transfer {
 public:
  Transfer(const std::vector<NamedTensor>& tensors, Policy& policy) : policy_(policy) {
    for (const NamedTensor& tensor : tensors) tensors_.emplace(tensor.name, &tensor);
  }

  /// Row by row: row k of the new weight is row rows[k] of the saved one. A weight of another
  /// width is left alone.
  void copy(const std::string& name, const std::vector<int>& rows) {
    for (const Slot& slot : slots(policy_)) {
      const auto found = tensors_.find(slot.prefix + name);
      if (found == tensors_.end()) continue;
      const NamedTensor& saved = *found->second;
      torch::Tensor target = policy_.network().weights().slice(slot.flat, name);
      const std::int64_t width = target.numel() / target.size(0);
      if (saved.shape.empty() || target.dim() != std::ssize(saved.shape)) continue;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows[row] < 0 || rows[row] >= saved.shape[0]) continue;
        const float* const first = saved.values.data() + rows[row] * width;
        const auto at_row = static_cast<std::int64_t>(row);
        float* const out = target.data_ptr<float>() + at_row * width;
        std::copy(first, first + width, out);
      }
    }
  }

  /// The whole weight, where the shapes agree.
  void copy_whole(const std::string& name, std::int64_t num_rows) {
    std::vector<int> rows(static_cast<std::size_t>(num_rows));
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = static_cast<int>(row);
    copy(name, rows);
  }

 private:
  Policy& policy_;
  std::map<std::string, const NamedTensor*> tensors_;
};

/// The tensors must be exactly those of a policy over the saved space.
void check_tensors(const SavedPolicy& saved, const DecisionPlan& plan) {
  std::map<std::string, std::vector<std::int64_t>> expected;
  for (const WeightShape& shape : weight_shapes(plan, saved.options.network.hidden_size)) {
    for (const char* prefix : {"weights/", "first_moments/", "second_moments/"}) {
      expected[prefix + shape.name] = shape.sizes;
    }
  }
  require(saved.tensors.size() == expected.size(), "the file has ", saved.tensors.size(),
          " tensors, a policy over its space has ", expected.size());
  for (const NamedTensor& tensor : saved.tensors) {
    const auto found = expected.find(tensor.name);
    require(found != expected.end(), "tensor ", tensor.name,
            " does not belong to a policy over the file's space");
    require(found->second == tensor.shape, "tensor ", tensor.name,
            " has another shape than a policy over the file's space");
    for (const float value : tensor.values) {
      require(std::isfinite(value), "tensor ", tensor.name, " holds a number that is not finite");
    }
  }
}

}  // namespace

SavedPolicy save(const Policy& policy, std::uint64_t seed) {
  SavedPolicy saved{.space = policy.network().plan().space(),
                    .options = policy.options(),
                    .seed = seed,
                    .baseline = policy.baseline(),
                    .num_updates = policy.status().num_updates,
                    .num_steps = policy.adam().num_steps()};
  const FlatWeights& weights = policy.network().weights();
  const std::vector<std::pair<const char*, torch::Tensor>> parts = {
      {"weights/", weights.values()},
      {"first_moments/", policy.adam().first_moments()},
      {"second_moments/", policy.adam().second_moments()}};
  for (const auto& [prefix, flat] : parts) {
    for (const WeightShape& shape : weights.shapes()) {
      saved.tensors.push_back(
          to_named(prefix + shape.name, shape.sizes, weights.slice(flat, shape.name)));
    }
  }
  return saved;
}

Coverage load(const SavedPolicy& saved, Policy& policy) {
  const int hidden = policy.options().network.hidden_size;
  require(saved.options.network.hidden_size == hidden, "the saved policy has a hidden size of ",
          saved.options.network.hidden_size, ", this one of ", hidden);
  const DecisionPlan from(saved.space);
  check_tensors(saved, from);

  const torch::NoGradGuard no_grad;
  const DecisionPlan& to = policy.network().plan();
  Transfer transfer(saved.tensors, policy);
  for (const WeightShape& shape : policy.network().weights().shapes()) {
    const bool is_shared = shape.name.starts_with("lstm.") ||
                           shape.name.starts_with("attention.") || shape.name == "given_anchors";
    if (is_shared) transfer.copy_whole(shape.name, shape.sizes[0]);
  }
  Coverage coverage;
  for (const Decision& decision : to.decisions()) {
    coverage.num_choices += decision.num_choices;
    const auto old = std::ranges::find(from.decisions(), decision.label, &Decision::label);
    if (old == from.decisions().end() || old->scoring != decision.scoring) continue;
    const std::vector<int> rows = match_choices(from, *old, to, decision);
    coverage.num_matched +=
        static_cast<int>(std::count_if(rows.begin(), rows.end(), [](int row) { return row >= 0; }));
    if (!decision.shares_step && !old->shares_step) {
      transfer.copy_whole(decision.label + ".embedding", hidden);
    }
    if (decision.scoring == Scoring::kHead) {
      transfer.copy(decision.label + ".choices", rows);
      transfer.copy(decision.label + ".head", rows);
    }
    transfer.copy(decision.label + ".bias",
                  decision.scoring == Scoring::kSkip ? std::vector<int>{0} : rows);
  }
  policy.adam().set_num_steps(saved.num_steps);
  return coverage;
}

}  // namespace mimar::controller
