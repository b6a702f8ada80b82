#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "controller/policy_network.h"

namespace mimar::controller {

/// One walk of the policy's LSTM through its decisions, for several assignments at once. Decisions
/// are scored and taken in their order, all of them: where one does not arise for an assignment,
/// that row's state stays as it was.
///
/// The network is borrowed. Shapes: B rows, H hidden size, K choices.
class Rollout {
 public:
  Rollout(const PolicyNetwork& network, std::int64_t num_rows);

  /// Log probabilities of the choices of decision `index`; minus infinity where not allowed.
  /// Shapes: active [B] and allowed [B, K], both bool; allowed undefined: all -> [B, K].
  torch::Tensor log_probabilities(std::size_t index, const torch::Tensor& active,
                                  const torch::Tensor& allowed);

  /// Goes on from the choices of decision `index`. Shapes: choice [B], 64-bit whole numbers, any
  /// legal one where the decision is not active; active [B], bool.
  void take(std::size_t index, const torch::Tensor& choice, const torch::Tensor& active);

 private:
  void step(const Decision& decision, const torch::Tensor& active);
  torch::Tensor logits(const Decision& decision);
  torch::Tensor attention(const Decision& decision);
  void carry(const torch::Tensor& next, const torch::Tensor& active);
  void take_skip(const Decision& decision, const torch::Tensor& choice,
                 const torch::Tensor& active);
  void leave_anchor(int anchor);

  const PolicyNetwork& network_;
  torch::Tensor hidden_;                  // [B, H]
  torch::Tensor cell_;                    // [B, H]
  torch::Tensor carried_;                 // [B, H]: what the choice before says
  std::vector<torch::Tensor> anchors_;    // [B, H] each; undefined until they are left
  std::vector<torch::Tensor> projected_;  // W1 anchor, [B, H]
  torch::Tensor skip_sum_;                // [B, H]: of the chosen anchors of this layer
  torch::Tensor skip_count_;              // [B, 1]
};

}  // namespace mimar::controller
