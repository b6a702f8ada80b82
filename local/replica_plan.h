#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/process_plan.h"
#include "agent/text_filter.h"

namespace mimar::local {

/// A file or folder that a collector reads while the trial writes it.
struct CollectedPath {
  enum class Format : std::uint8_t { kText, kJson, kEvents };
  Format format = Format::kText;
  std::filesystem::path path;   // where this process finds it
  std::filesystem::path shown;  // what the trial calls it
};

/// What is read of a replica beside its log.
struct ReadingPlan {
  bool reads_pipe = false;                               // MIMAR_METRICS_FD
  bool reads_output = false;                             // StdOut
  bool reads_page = false;                               // PrometheusMetric
  std::optional<CollectedPath> collected = {};           // File, TensorFlowEvent
  std::shared_ptr<const agent::TextFilter> text_filter;  // for StdOut, and File in TEXT
  std::vector<std::string> metric_names = {};            // those that the experiment asks for
};

/// One process of a trial with everything decided but its share of the machine.
struct ReplicaPlan {
  std::string name = {};      // "master-0", "worker-0"; empty: the pod of a Job
  std::filesystem::path log;  // where its output goes
  agent::ProcessPlan process = {};
  std::vector<std::string> thread_variables =
      {};               // OMP_NUM_THREADS and its kin, unless it sets them
  bool reports = true;  // its metrics are the trial's
  ReadingPlan reading = {};
  std::filesystem::path own_folder = {};    // covers a shared path; emptied before the trial starts
  std::optional<std::int64_t> memory = {};  // bytes, of its container's limits
  bool sets_gpus = false;                   // the template says CUDA_VISIBLE_DEVICES itself
  bool suits_fork_server = false;
};

}  // namespace mimar::local
