#include "trainer/latency.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "base/error.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;

/// A network that sleeps, and notes with how many threads and CPUs.
class SleepingNetwork final : public nas::NetworkImpl {
 public:
  explicit SleepingNetwork(std::chrono::milliseconds pause) : pause_(pause) {}

  torch::Tensor forward(const torch::Tensor& x) override {
    shapes_.push_back(x.sizes().vec());
    num_threads = at::get_num_threads();
    cpu_set_t cpus;
    ::sched_getaffinity(0, sizeof cpus, &cpus);
    num_cpus = CPU_COUNT(&cpus);
    was_training = is_training();
    std::this_thread::sleep_for(pause_);
    return x;
  }
  std::string write(nas::ScriptWriter&, const std::string& x) const override { return x; }

  const std::vector<std::vector<std::int64_t>>& shapes() const { return shapes_; }

  int num_threads = 0;
  int num_cpus = 0;
  bool was_training = true;

 private:
  std::chrono::milliseconds pause_;
  std::vector<std::vector<std::int64_t>> shapes_;
};

constexpr nas::MapShape kImage = {.channels = 3, .height = 4, .width = 5};

int usable_cpus() {
  cpu_set_t cpus;
  ::sched_getaffinity(0, sizeof cpus, &cpus);
  return CPU_COUNT(&cpus);
}

TEST(Latency, TimesBatchesOnOneThreadOfOneCpuAndPutsBothBack) {
  SleepingNetwork network(std::chrono::milliseconds(3));
  at::set_num_threads(2);
  const int cpus_before = usable_cpus();
  const Latency latency = measure_latency(
      network, kImage, {.batch_size = 7, .warm_up = 2, .batches = 9}, torch::kCPU, true);
  EXPECT_THAT(network.shapes(),
              testing::AllOf(testing::SizeIs(11), testing::Each(testing::ElementsAre(7, 3, 4, 5))));
  EXPECT_EQ(latency.batches, 9);
  EXPECT_GE(latency.p10, 3.0);
  EXPECT_LE(latency.p10, latency.median);
  EXPECT_LE(latency.median, latency.p90);
  EXPECT_EQ(network.num_threads, 1);
  EXPECT_EQ(network.num_cpus, 1);
  EXPECT_FALSE(network.was_training);
  EXPECT_EQ(at::get_num_threads(), 2);
  EXPECT_EQ(usable_cpus(), cpus_before);
}

TEST(Latency, EndsWithItsBudgetButNotBeforeFiveBatches) {
  SleepingNetwork network(std::chrono::milliseconds(2));
  const Latency latency = measure_latency(
      network, kImage, {.warm_up = 0, .batches = 1000, .budget_seconds = 0.001}, torch::kCPU, true);
  EXPECT_EQ(latency.batches, 5);
}

TEST(Latency, RefusesACpuThatTheProcessMayNotUse) {
  SleepingNetwork network(std::chrono::milliseconds(0));
  try {
    measure_latency(network, kImage, {.cpu = 1'000}, torch::kCPU, true);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--cpu: this process may not use CPU 1000"));
  }
}

TEST(Latency, MeasuresPublishedCellsAndChains) {
  LatencyOptions options;
  options.measurement = {.warm_up = 1, .batches = 3};
  options.network = {
      .genotype = "DARTS_V2", .channels = 4, .cells = 3, .input_size = {{16, 16, 3}}};
  EXPECT_GT(measure_network(options).at("latency-ms"), 0.0);
  options.network = {
      .network =
          R"({"version":1,"space":"chain","inputSizes":[8,8,1],"outputSizes":[10],"layers":[)"
          R"({"op":"convolution","parameters":{"num_filter":"4"},"skips":[]}]})"};
  const Json chain = measure_network(options);
  EXPECT_GT(chain.at("latency-ms"), 0.0);
  EXPECT_EQ(chain.at("batches"), 3);
  EXPECT_EQ(chain.at("batch-size"), 1);
}

}  // namespace
}  // namespace mimar::trainer
