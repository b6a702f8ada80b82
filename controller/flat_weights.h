#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mimar::controller {

/// One weight of a policy, by name.
struct WeightShape {
  std::string name;
  std::vector<std::int64_t> sizes;
};

/// Named weights that lie side by side in one tensor, and their gradients in another, so that an
/// optimiser's step is a few operations on the whole however many weights there are.
class FlatWeights {
 public:
  /// All zero. Errors: kInvalidArgument for a name that comes twice.
  explicit FlatWeights(std::vector<WeightShape> shapes);

  /// The order is the shapes'.
  const std::vector<WeightShape>& shapes() const noexcept { return shapes_; }

  /// A leaf of the graph, with the given sizes. Errors: kNotFound.
  const torch::Tensor& at(std::string_view name) const;

  /// The same place in another tensor of the same layout, such as an optimiser's moments.
  torch::Tensor slice(const torch::Tensor& flat, std::string_view name) const;

  const torch::Tensor& values() const noexcept { return values_; }        // [P]
  const torch::Tensor& gradients() const noexcept { return gradients_; }  // [P]

  /// Sets all gradients to 0; the next backward pass adds to them.
  void clear_gradients();

 private:
  struct Place {
    std::size_t index = 0;  // among shapes and leaves
    std::int64_t start = 0;
  };
  const Place& place(std::string_view name) const;

  std::vector<WeightShape> shapes_;
  std::map<std::string, Place, std::less<>> places_;
  torch::Tensor values_;
  torch::Tensor gradients_;
  std::vector<torch::Tensor> leaves_;
};

}  // namespace mimar::controller
