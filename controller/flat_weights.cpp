#include "controller/flat_weights.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <functional>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace mimar::controller {
namespace {

std::int64_t count(const std::vector<std::int64_t>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace

FlatWeights::FlatWeights(std::vector<WeightShape> shapes) : shapes_(std::move(shapes)) {
  std::int64_t size = 0;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    require(places_.try_emplace(shapes_[i].name, Place{i, size}).second,
            "a policy has two weights of the name ", shapes_[i].name);
    size += count(shapes_[i].sizes);
  }
  values_ = at::zeros({size}, at::kFloat);
  gradients_ = at::zeros({size}, at::kFloat);
  for (const WeightShape& shape : shapes_) {
    torch::Tensor leaf = slice(values_, shape.name).detach().set_requires_grad(true);
    leaf.mutable_grad() = slice(gradients_, shape.name);
    leaves_.push_back(std::move(leaf));
  }
}

const FlatWeights::Place& FlatWeights::place(std::string_view name) const {
  const auto found = places_.find(name);
  if (found == places_.end()) fail(ErrorCode::kNotFound, "the policy has no weight ", name);
  return found->second;
}

const torch::Tensor& FlatWeights::at(std::string_view name) const {
  return leaves_[place(name).index];
}

torch::Tensor FlatWeights::slice(const torch::Tensor& flat, std::string_view name) const {
  const Place& found = place(name);
  const std::vector<std::int64_t>& sizes = shapes_[found.index].sizes;
  return flat.narrow(0, found.start, count(sizes)).view(sizes);
}

void FlatWeights::clear_gradients() { gradients_.zero_(); }

}  // namespace mimar::controller
