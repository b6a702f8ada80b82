#include "nas/darts/architecture_gradient.h"

#include <ATen/ATen.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>
#include <cstddef>

namespace mimar::nas {
namespace {

using Tensors = std::vector<torch::Tensor>;

/// Gradients of a loss; zeros where it does not depend on an input.
Tensors gradients(const torch::Tensor& loss, const Tensors& inputs, bool create_graph = false) {
  Tensors found = torch::autograd::grad({loss}, inputs, /*grad_outputs=*/{}, create_graph,
                                        create_graph, /*allow_unused=*/true);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i].defined()) found[i] = at::zeros_like(inputs[i]);
  }
  return found;
}

/// Puts weights back where they were, whatever happens meanwhile.
class SavedWeights {
 public:
  explicit SavedWeights(const Tensors& weights) : weights_(weights) {
    const torch::NoGradGuard no_grad;
    for (const torch::Tensor& weight : weights) saved_.push_back(weight.detach().clone());
  }
  ~SavedWeights() { restore(); }
  SavedWeights(const SavedWeights&) = delete;
  SavedWeights& operator=(const SavedWeights&) = delete;

  void restore() const {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].detach().copy_(saved_[i]);
  }
  /// The weights become the saved ones plus `factor` times `direction`.
  void move(const Tensors& direction, double factor) const {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      weights_[i].detach().copy_(saved_[i] + direction[i] * factor);
    }
  }
  const Tensors& values() const { return saved_; }

 private:
  const Tensors& weights_;
  Tensors saved_;
};

/// What the optimizer would move the weights against.
Tensors update_direction(const Tensors& gradient, const SavedWeights& saved,
                         const Unrolling& unrolling) {
  Tensors direction;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    torch::Tensor one = gradient[i].detach() + unrolling.weight_decay * saved.values()[i];
    const bool has_buffer = i < unrolling.buffers.size() && unrolling.buffers[i].defined();
    if (has_buffer) one = one + unrolling.momentum * unrolling.buffers[i];
    direction.push_back(std::move(one));
  }
  return direction;
}

double norm_of(const Tensors& tensors) {
  double sum = 0.0;
  for (const torch::Tensor& tensor : tensors) {
    const double norm = tensor.norm().item<double>();
    sum += norm * norm;
  }
  return std::sqrt(sum);
}

/// d/dalpha of <d/dw L_train, v>, at the saved weights.
Tensors mixed_by_difference(const Loss& train, const SavedWeights& saved, const Tensors& v,
                            const Tensors& alphas, double radius) {
  const double norm = norm_of(v);
  Tensors mixed;
  if (norm == 0.0) {
    for (const torch::Tensor& alpha : alphas) mixed.push_back(at::zeros_like(alpha));
    return mixed;
  }
  const double e = radius / norm;
  saved.move(v, e);
  const Tensors above = gradients(train(), alphas);
  saved.move(v, -e);
  const Tensors below = gradients(train(), alphas);
  for (std::size_t i = 0; i < alphas.size(); ++i) {
    mixed.push_back((above[i] - below[i]) / (2.0 * e));
  }
  return mixed;
}

Tensors mixed_exactly(const Loss& train, const SavedWeights& saved, const Tensors& v,
                      const Tensors& weights, const Tensors& alphas) {
  saved.restore();
  const Tensors gradient = gradients(train(), weights, /*create_graph=*/true);
  torch::Tensor product = at::zeros({}, gradient.front().options());
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    product = product + (gradient[i] * v[i].detach()).sum();
  }
  return gradients(product, alphas);
}

}  // namespace

Tensors first_order_gradient(const Loss& validation, const Tensors& alphas) {
  return gradients(validation(), alphas);
}

Tensors second_order_gradient(const Loss& train, const Loss& validation, const Tensors& weights,
                              const Tensors& alphas, const Unrolling& unrolling) {
  if (unrolling.rate == 0.0) return first_order_gradient(validation, alphas);
  const SavedWeights saved(weights);
  saved.move(update_direction(gradients(train(), weights), saved, unrolling), -unrolling.rate);
  Tensors inputs = alphas;
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  Tensors at_next = gradients(validation(), inputs);
  const Tensors v(at_next.begin() + std::ssize(alphas), at_next.end());
  const Tensors mixed = unrolling.exact
                            ? mixed_exactly(train, saved, v, weights, alphas)
                            : mixed_by_difference(train, saved, v, alphas, unrolling.radius);
  Tensors result;
  for (std::size_t i = 0; i < alphas.size(); ++i) {
    result.push_back(at_next[i] - unrolling.rate * mixed[i]);
  }
  return result;
}

}  // namespace mimar::nas
