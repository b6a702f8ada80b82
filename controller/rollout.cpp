#include "controller/rollout.h"

#include <ATen/ATen.h>

#include <limits>

namespace mimar::controller {
namespace {

torch::Tensor where_rows(const torch::Tensor& rows, const torch::Tensor& then,
                         const torch::Tensor& otherwise) {
  return at::where(rows.unsqueeze(1), then, otherwise);
}

}  // namespace

Rollout::Rollout(const PolicyNetwork& network, std::int64_t num_rows) : network_(network) {
  const std::int64_t size = network.options().hidden_size;
  hidden_ = at::zeros({num_rows, size});
  cell_ = hidden_;
  carried_ = hidden_;
  const auto num_anchors = static_cast<std::size_t>(network.plan().num_anchors());
  anchors_.resize(num_anchors);
  projected_.resize(num_anchors);
  for (int given = 0; given < network.plan().num_given_anchors(); ++given) {
    const auto i = static_cast<std::size_t>(given);
    anchors_[i] =
        network.weights().at("given_anchors")[given].unsqueeze(0).expand({num_rows, size});
    projected_[i] = anchors_[i].matmul(network.weights().at("attention.anchor"));
  }
}

torch::Tensor Rollout::log_probabilities(std::size_t index, const torch::Tensor& active,
                                         const torch::Tensor& allowed) {
  const Decision& decision = network_.plan().decisions()[index];
  if (!decision.shares_step) step(decision, active);
  torch::Tensor scores = logits(decision);  // [B, K]
  if (allowed.defined()) {
    scores = scores.masked_fill(~allowed, -std::numeric_limits<double>::infinity());
  }
  return scores.log_softmax(1);
}

void Rollout::step(const Decision& decision, const torch::Tensor& active) {
  const FlatWeights& weights = network_.weights();
  const torch::Tensor input = carried_ + weights.at(decision.label + ".embedding");  // [B, H]
  const torch::Tensor gates = input.matmul(weights.at("lstm.input")) +
                              hidden_.matmul(weights.at("lstm.hidden"));  // [B, 4H]: i, f, o, g
  const std::vector<torch::Tensor> parts = gates.chunk(4, 1);
  const torch::Tensor cell =
      (parts[1] + 1.0).sigmoid() * cell_ + parts[0].sigmoid() * parts[3].tanh();
  const torch::Tensor hidden = parts[2].sigmoid() * cell.tanh();
  cell_ = where_rows(active, cell, cell_);
  hidden_ = where_rows(active, hidden, hidden_);
}

torch::Tensor Rollout::logits(const Decision& decision) {
  const NetworkOptions& options = network_.options();
  const FlatWeights& weights = network_.weights();
  torch::Tensor logits = decision.scoring == Scoring::kHead
                             ? hidden_.matmul(weights.at(decision.label + ".head").t()) +
                                   weights.at(decision.label + ".bias")
                             : attention(decision);
  if (options.temperature) logits = logits / *options.temperature;
  if (options.tanh_constant) {
    const bool is_head = decision.scoring == Scoring::kHead;
    logits = *options.tanh_constant / (is_head ? options.head_tanh_reduce : 1.0) * logits.tanh();
  }
  if (const auto fixed = options.fixed_logits.find(decision.label);
      fixed != options.fixed_logits.end()) {
    logits = logits + at::tensor(at::ArrayRef<double>(fixed->second)).to(at::kFloat);
  }
  return logits;
}

torch::Tensor Rollout::attention(const Decision& decision) {
  const FlatWeights& weights = network_.weights();
  const torch::Tensor query = hidden_.matmul(weights.at("attention.query"));  // [B, H]
  std::vector<torch::Tensor> keys;
  for (const int anchor : decision.anchors) {
    keys.push_back((projected_[static_cast<std::size_t>(anchor)] + query).tanh());
  }
  const torch::Tensor scores = at::stack(keys, 1).matmul(weights.at("attention.score")) +
                               weights.at(decision.label + ".bias");  // [B, anchors]
  return decision.scoring == Scoring::kSkip ? at::cat({-scores, scores}, 1) : scores;
}

void Rollout::take(std::size_t index, const torch::Tensor& choice, const torch::Tensor& active) {
  const Decision& decision = network_.plan().decisions()[index];
  switch (decision.scoring) {
    case Scoring::kHead:
      carry(network_.weights().at(decision.label + ".choices").index_select(0, choice), active);
      break;
    case Scoring::kInput: {
      std::vector<torch::Tensor> candidates;
      for (const int anchor : decision.anchors) {
        candidates.push_back(anchors_[static_cast<std::size_t>(anchor)]);
      }
      const torch::Tensor all = at::stack(candidates, 1);  // [B, K, H]
      const torch::Tensor which = choice.view({-1, 1, 1}).expand({all.size(0), 1, all.size(2)});
      carry(all.gather(1, which).squeeze(1), active);
      break;
    }
    case Scoring::kSkip:
      take_skip(decision, choice, active);
      break;
  }
  if (decision.leaves_anchor) leave_anchor(*decision.leaves_anchor);
}

void Rollout::take_skip(const Decision& decision, const torch::Tensor& choice,
                        const torch::Tensor& active) {
  if (!decision.shares_step) {
    skip_sum_ = at::zeros_like(hidden_);
    skip_count_ = at::zeros({hidden_.size(0), 1});
  }
  const torch::Tensor taken = (choice * active).to(at::kFloat).unsqueeze(1);  // [B, 1]
  skip_sum_ = skip_sum_ + taken * anchors_[static_cast<std::size_t>(decision.anchors.front())];
  skip_count_ = skip_count_ + taken;
  carry(skip_sum_ / (1.0 + skip_count_), active);
}

void Rollout::carry(const torch::Tensor& next, const torch::Tensor& active) {
  carried_ = where_rows(active, next, carried_);
}

void Rollout::leave_anchor(int anchor) {
  const auto i = static_cast<std::size_t>(anchor);
  anchors_[i] = hidden_;
  projected_[i] = hidden_.matmul(network_.weights().at("attention.anchor"));
}

}  // namespace mimar::controller
