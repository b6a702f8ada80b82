// Times the functions with kernels of our own beside LibTorch's, forward and backward, on the maps
// of a DARTS search on 28 x 28 images with 8 channels. One thread; the fastest of many runs each,
// taken in turns.
//
//   bench_channel_functions

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "nas/darts/mixture.h"
#include "nas/operations/channel_functions.h"

namespace mimar::nas {
namespace {

using Function = std::function<torch::Tensor(const torch::Tensor&)>;

double milliseconds(const Function& function, const torch::Tensor& x, const torch::Tensor& slope) {
  const auto start = std::chrono::steady_clock::now();
  function(x).backward(slope);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void compare(const std::string& name, const torch::Tensor& map, const Function& ours,
             const Function& theirs) {
  constexpr int kRuns = 60;
  const torch::Tensor x = map.detach().clone().set_requires_grad(true);
  const torch::Tensor slope = torch::randn_like(theirs(x));
  double our_best = 1e9;
  double their_best = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    our_best = std::min(our_best, milliseconds(ours, x, slope));
    their_best = std::min(their_best, milliseconds(theirs, x, slope));
  }
  std::cout << std::left << std::setw(40) << name << std::right << std::fixed
            << std::setprecision(2) << std::setw(9) << their_best << std::setw(9) << our_best
            << std::setw(8) << their_best / our_best << '\n';
}

void run() {
  at::set_num_threads(1);
  torch::manual_seed(1);
  std::cout << std::left << std::setw(40) << "forward and backward, 64 images" << std::right
            << std::setw(9) << "LibTorch" << std::setw(9) << "Mimar" << std::setw(8) << "ratio"
            << "   (ms)\n";
  for (const auto& [channels, side] :
       {std::pair<std::int64_t, std::int64_t>{8, 28}, {16, 14}, {32, 7}}) {
    const std::string map = std::to_string(channels) + " channels, " + std::to_string(side) +
                            " x " + std::to_string(side) + ", ";
    const torch::Tensor x =
        torch::randn({64, channels, side, side}).contiguous(torch::MemoryFormat::ChannelsLast);
    for (const auto& [kernel, dilation] :
         {std::pair<std::int64_t, std::int64_t>{3, 1}, {5, 1}, {3, 2}, {5, 2}}) {
      const torch::Tensor w = torch::randn({channels, 1, kernel, kernel}).set_requires_grad(true);
      const std::int64_t padding = dilation * (kernel / 2);
      compare(
          map + "depthwise " + std::to_string(kernel) + (dilation > 1 ? " dilated" : ""), x,
          [&](const torch::Tensor& in) { return depthwise_conv2d(in, w, 1, padding, dilation); },
          [&](const torch::Tensor& in) {
            return torch::conv2d(in, w, {}, 1, padding, dilation, channels);
          });
    }
    compare(
        map + "maximum 3", x, [](const torch::Tensor& in) { return max_pool2d(in, 3, 1, 1); },
        [](const torch::Tensor& in) { return torch::max_pool2d(in, 3, 1, 1); });
    compare(
        map + "average 3", x, [](const torch::Tensor& in) { return avg_pool2d(in, 3, 1, 1); },
        [](const torch::Tensor& in) { return torch::avg_pool2d(in, 3, 1, 1, false, false); });
    const torch::Tensor weights = torch::rand({8}).set_requires_grad(true);
    compare(
        map + "mixture of 8", x,
        [&](const torch::Tensor& in) {
          return weighted_sum(weights, std::vector<torch::Tensor>(8, in));
        },
        [&](const torch::Tensor& in) {
          torch::Tensor sum = weights[0] * in;
          for (std::int64_t i = 1; i < 8; ++i) sum = sum + weights[i] * in;
          return sum;
        });
  }
}

}  // namespace
}  // namespace mimar::nas

int main() { mimar::nas::run(); }
