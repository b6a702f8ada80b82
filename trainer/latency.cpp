#include "trainer/latency.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <sched.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include "base/error.h"
#include "nas/chain_plan.h"
#include "nas/graph_network.h"
#include "trainer/network_flag.h"
#include "trainer/runtime.h"

namespace mimar::trainer {
namespace {

constexpr std::int64_t kFewestBatches = 5;

/// While it lives this thread stays on one CPU and LibTorch computes in it alone.
class PinnedThread {
 public:
  explicit PinnedThread(const std::optional<std::int64_t>& cpu)
      : num_threads_(at::get_num_threads()) {
    CPU_ZERO(&before_);
    if (::sched_getaffinity(0, sizeof before_, &before_) != 0) fail_errno("sched_getaffinity");
    cpu_ = cpu ? *cpu : ::sched_getcpu();
    require(cpu_ >= 0 && cpu_ < CPU_SETSIZE && CPU_ISSET(static_cast<std::size_t>(cpu_), &before_),
            "--cpu: this process may not use CPU ", cpu_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(cpu_), &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0) fail_errno("sched_setaffinity");
    at::set_num_threads(1);
  }
  PinnedThread(const PinnedThread&) = delete;
  PinnedThread& operator=(const PinnedThread&) = delete;
  ~PinnedThread() {
    at::set_num_threads(num_threads_);
    ::sched_setaffinity(0, sizeof before_, &before_);
  }

  std::int64_t cpu() const noexcept { return cpu_; }

 private:
  int num_threads_;
  cpu_set_t before_;
  std::int64_t cpu_ = 0;
};

/// The value below which the share `p` of the sorted values lies, between neighbours where need be.
double quantile(const std::vector<double>& sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

nas::MapShape image_of(const space::ChainArchitecture& chain) {
  return {.channels = chain.input_sizes[2],
          .height = chain.input_sizes[0],
          .width = chain.input_sizes[1]};
}

}  // namespace

Latency measure_latency(nas::NetworkImpl& network, const nas::MapShape& image,
                        const LatencyMeasurement& measurement, torch::Device device,
                        bool channels_last) {
  using Clock = std::chrono::steady_clock;
  const torch::NoGradGuard no_grad;
  const PinnedThread pinned(measurement.cpu);
  network.eval();
  const auto layout = channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  // A generator of its own: measuring must not change what a training draws afterwards.
  const torch::Tensor images =
      at::randn({measurement.batch_size, image.channels, image.height, image.width},
                at::detail::createCPUGenerator(0))
          .to(device)
          .contiguous(layout);
  const auto run_batch = [&] {
    network.forward(images);
    if (device.is_cuda()) torch::cuda::synchronize();
  };
  for (std::int64_t i = 0; i < measurement.warm_up; ++i) run_batch();

  std::vector<double> times;
  const auto started = Clock::now();
  const std::chrono::duration<double> budget(measurement.budget_seconds);
  for (std::int64_t i = 0; i < measurement.batches; ++i) {
    const auto before = Clock::now();
    if (budget.count() > 0.0 && i >= kFewestBatches && before - started > budget) break;
    run_batch();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - before).count());
  }
  std::sort(times.begin(), times.end());
  return {.median = quantile(times, 0.5),
          .p10 = quantile(times, 0.1),
          .p90 = quantile(times, 0.9),
          .batches = static_cast<std::int64_t>(times.size()),
          .cpu = pinned.cpu()};
}

Json measure_network(const LatencyOptions& options) {
  require(!options.network.supernet, "latency takes --network or --genotype, not --supernet");
  try {
    const torch::Device device = set_up_runtime({.threads = 1, .device = options.device});
    std::shared_ptr<nas::NetworkImpl> network;
    nas::MapShape image;
    if (const auto plan = find_graph_plan(options.network)) {
      image = plan->shape(0);
      network = std::make_shared<nas::GraphNetworkImpl>(*plan);
    } else {
      const space::Architecture architecture =
          read_network(*options.network.network, options.network.operations_dir);
      image = image_of(std::get<space::ChainArchitecture>(architecture.graph));
      network = nas::make_network(architecture);
    }
    nas::initialise(*network, at::detail::createCPUGenerator(0));
    network->to(device);
    if (options.channels_last) nas::use_channels_last(*network);
    const Latency latency =
        measure_latency(*network, image, options.measurement, device, options.channels_last);
    return {{"latency-ms", latency.median}, {"p10", latency.p10},
            {"p90", latency.p90},           {"batch-size", options.measurement.batch_size},
            {"batches", latency.batches},   {"cpu", latency.cpu}};
  } catch (const c10::Error& error) {
    rethrow_torch_error(error);
  }
}

}  // namespace mimar::trainer
