#pragma once

#include <torch/types.h>

#include <functional>
#include <vector>

namespace mimar::nas {

/// The loss of the supernet on one batch, at the weights and alphas as they are now.
using Loss = std::function<torch::Tensor()>;

/// The step of the weights that the second order looks ahead by: w' = w - rate (momentum b + dw
/// L_train + weight_decay w), b the optimizer's momentum buffers.
struct Unrolling {
  double rate = 0.0;  // xi; 0: first order
  double momentum = 0.9;
  double weight_decay = 3e-4;
  std::vector<torch::Tensor> buffers = {};  // one a weight; empty or undefined ones are zeros
  /// Radius of the finite difference: weights move by this over the norm of v (0.01 in the paper).
  double radius = 0.01;
  /// The mixed derivative by differentiating twice instead: exact, and 3.3 times as slow as the
  /// difference.
  bool exact = false;
};

/// The gradient of the validation loss at the alphas, at the weights as they are.
std::vector<torch::Tensor> first_order_gradient(const Loss& validation,
                                                const std::vector<torch::Tensor>& alphas);

/// The gradient at the alphas of L_val(w'(alpha), alpha), eq. 7 and 8 of Liu, Simonyan & Yang,
/// arXiv:1806.09055: d - xi (da L_train(w+) - da L_train(w-)) / (2 e) with d and v the gradients of
/// L_val at w' and w+- = w +- e v. With a rate of 0 it is first_order_gradient, bit for bit.
/// Weights and alphas are as before when it returns, also by an exception. (On networks with ReLU
/// and max pooling the difference does not converge to the mixed derivative: the loss's gradient
/// jumps where a unit switches.) Errors: what the losses throw.
std::vector<torch::Tensor> second_order_gradient(const Loss& train, const Loss& validation,
                                                 const std::vector<torch::Tensor>& weights,
                                                 const std::vector<torch::Tensor>& alphas,
                                                 const Unrolling& unrolling);

}  // namespace mimar::nas
