#include "nas/darts/mixture.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "nas/operations/channel_map.h"

namespace mimar::nas {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Numbers that are worked on at once: they stay in the first cache through all parts. Fixed, so
/// that sums do not depend on the number of threads.
constexpr std::int64_t kChunk = 4096;

template <class T>
using Numbers = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, 1>>;
template <class T>
using ConstNumbers = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>;

template <class T>
ConstNumbers<T> chunk_of(const torch::Tensor& map, std::int64_t first) {
  return {map.data_ptr<T>() + first, std::min(kChunk, map.numel() - first)};
}

template <class T>
Numbers<T> own_chunk_of(const torch::Tensor& map, std::int64_t first) {
  return {map.data_ptr<T>() + first, std::min(kChunk, map.numel() - first)};
}

/// Calls body(chunk, index of its first number), on several threads.
template <class Body>
void for_chunks(std::int64_t numbers, const Body& body) {
  at::parallel_for(0, (numbers + kChunk - 1) / kChunk, 4,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t chunk = begin; chunk < end; ++chunk)
                       body(chunk, chunk * kChunk);
                   });
}

torch::Tensor plain_sum(const torch::Tensor& weights, const std::vector<torch::Tensor>& parts) {
  torch::Tensor sum;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const torch::Tensor part = weights[static_cast<std::int64_t>(i)] * parts[i];
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

class WeightedSum : public torch::autograd::Function<WeightedSum> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& weights,
                               at::TensorList parts) {
    torch::Tensor sum = torch::empty_like(parts[0]);
    with_type(sum, [&]<class T>() {
      const T* weight = weights.data_ptr<T>();
      for_chunks(sum.numel(), [&](std::int64_t /*chunk*/, std::int64_t first) {
        Numbers<T> to = own_chunk_of<T>(sum, first);
        to = weight[0] * chunk_of<T>(parts[0], first);
        for (std::size_t i = 1; i < parts.size(); ++i)
          to += weight[i] * chunk_of<T>(parts[i], first);
      });
    });
    variable_list saved = parts.vec();
    saved.push_back(weights);
    context->save_for_backward(std::move(saved));
    return sum;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list parts = context->get_saved_variables();
    const torch::Tensor weights = parts.back();
    parts.pop_back();
    variable_list found(parts.size() + 1);
    if (torch::GradMode::is_enabled()) {  // the gradient will be differentiated
      variable_list products;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        products.push_back((gradients[0] * parts[i]).sum());
        found[i + 1] = weights[static_cast<std::int64_t>(i)] * gradients[0];
      }
      found[0] = torch::stack(products);
      return found;
    }
    const torch::Tensor outer = in_layout_of(parts[0], gradients[0]);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (context->needs_input_grad(i + 1)) found[i + 1] = torch::empty_like(parts[i]);
    }
    found[0] = torch::empty_like(weights);
    const std::int64_t num_chunks = (outer.numel() + kChunk - 1) / kChunk;
    with_type(outer, [&]<class T>() {
      const T* weight = weights.data_ptr<T>();
      Eigen::MatrixXd products(static_cast<Eigen::Index>(parts.size()), num_chunks);
      for_chunks(outer.numel(), [&](std::int64_t chunk, std::int64_t first) {
        const ConstNumbers<T> by_sum = chunk_of<T>(outer, first);
        for (std::size_t i = 0; i < parts.size(); ++i) {
          products(static_cast<Eigen::Index>(i), chunk) =
              static_cast<double>(by_sum.dot(chunk_of<T>(parts[i], first)));
          if (found[i + 1].defined()) own_chunk_of<T>(found[i + 1], first) = weight[i] * by_sum;
        }
      });
      T* by_weight = found[0].data_ptr<T>();
      for (Eigen::Index i = 0; i < products.rows(); ++i) {
        by_weight[i] = static_cast<T>(products.row(i).sum());
      }
    });
    return found;
  }

 private:
  static torch::Tensor in_layout_of(const torch::Tensor& map, const torch::Tensor& gradient) {
    if (gradient.strides() == map.strides()) return gradient;
    return torch::empty_like(map).copy_(gradient);
  }
};

}  // namespace

torch::Tensor weighted_sum(const torch::Tensor& weights, const std::vector<torch::Tensor>& parts) {
  require(!parts.empty() && weights.dim() == 1 && weights.size(0) == std::ssize(parts),
          "a weighted sum needs a weight for each part: ", weights.sizes(), " for ", parts.size());
  const bool suits =
      is_real(weights) && std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
        return is_real(part) && part.scalar_type() == weights.scalar_type() &&
               part.sizes() == parts[0].sizes() && part.strides() == parts[0].strides() &&
               part.is_non_overlapping_and_dense();
      });
  return suits ? WeightedSum::apply(weights.contiguous(), at::TensorList(parts))
               : plain_sum(weights, parts);
}

}  // namespace mimar::nas
