#pragma once

#include <torch/types.h>

#include <cstdint>

#include "base/json.h"
#include "nas/network.h"
#include "trainer/command_line.h"

namespace mimar::trainer {

/// How long a network takes for one batch in evaluation. Units: milliseconds.
struct Latency {
  double median = 0.0;
  double p10 = 0.0;
  double p90 = 0.0;
  std::int64_t batches = 0;
  std::int64_t cpu = -1;  // on which it was measured
};

/// Times batches of random images, one after the other, with one thread pinned to one CPU, so that
/// figures of trials beside each other can be compared; the median forgives what else the machine
/// does. On a GPU each batch ends with a synchronisation. Threads and CPUs are as before
/// afterwards; the network is left in evaluation mode.
/// Errors: kInvalidArgument when `cpu` is none that the process may use.
Latency measure_latency(nas::NetworkImpl& network, const nas::MapShape& image,
                        const LatencyMeasurement& measurement, torch::Device device,
                        bool channels_last);

/// Builds a network and measures it: {"latency-ms":...,"p10":...,"p90":...,"batch-size":1,
/// "batches":100,"cpu":0}.
/// Errors: as count_network; kInvalidArgument for a supernet.
Json measure_network(const LatencyOptions& options);

}  // namespace mimar::trainer
