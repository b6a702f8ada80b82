#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/process_plan.h"
#include "agent/text_filter.h"
#include "experiment/trial_job.h"
#include "local/core_division.h"

namespace mimar::local {

/// The number of the metrics pipe in a trial: one digit, as some shells (dash) can write to no
/// other, and above those that scripts use themselves.
inline constexpr int kMetricsDescriptor = 8;

/// A file or folder that a collector reads while the trial writes it.
struct CollectedPath {
  enum class Format : std::uint8_t { kText, kJson, kEvents };
  Format format = Format::kText;
  std::filesystem::path path;   // where this process finds it
  std::filesystem::path shown;  // what the trial calls it
};

/// A trial job with everything decided but its share of the cores.
struct TrialPlan {
  std::string trial;
  std::filesystem::path directory;  // log and artefacts
  agent::ProcessPlan process;
  std::vector<std::string> thread_variables;  // OMP_NUM_THREADS and its kin, unless the job sets it
  bool reads_metrics = true;                  // false for collector None
  std::shared_ptr<const agent::TextFilter> text_filter;  // for StdOut, and File in TEXT
  std::vector<std::string> metric_names;                 // those that the experiment asks for
  bool reads_output = false;                             // StdOut
  bool reads_page = false;                               // PrometheusMetric
  std::optional<CollectedPath> collected;                // File, TensorFlowEvent
  std::filesystem::path own_folder;  // covers a shared path; emptied before the trial starts
  bool suits_fork_server = false;
  int restarts = 0;                              // the Job's backoffLimit
  std::optional<std::chrono::seconds> deadline;  // the Job's activeDeadlineSeconds
  std::optional<double> cpus;                    // spec.local.cpus
  int sharers = 0;  // how many trials share the machine; 0: as many as run in parallel
};

/// What is the same for all trials of a runner.
struct PlanContext {
  std::filesystem::path state_dir;                 // absolute
  std::filesystem::path program_dir;               // first in every trial's PATH
  std::map<std::string, std::string> environment;  // the engine's
  int parallel = 1;                                // how many trials may run at once
  bool can_isolate = false;                        // mount and network namespaces may be had
};

/// Variables of a process: name -> value.
using Variables = std::map<std::string, std::string>;

/// Turns jobs into plans. Remembers the last text filter, for most trials of an experiment share
/// it. Thread safety: none.
class TrialPlanner {
 public:
  explicit TrialPlanner(PlanContext context) : context_(std::move(context)) {}

  /// Appends sentences worth showing to `notes`, each once in this planner's life.
  /// Errors: kFailedPrecondition for a job kind that this machine cannot run yet, and for a path or
  /// port that parallel trials would share on a machine that cannot keep them apart;
  /// kInvalidArgument for a job without a command or with a bad metrics filter.
  TrialPlan plan(const experiment::TrialJob& job, std::vector<std::string>& notes);

 private:
  std::shared_ptr<const agent::TextFilter> text_filter(const experiment::TrialJob& job);
  Variables process_environment(const Variables& variables, TrialPlan* plan) const;
  void add_companion(const experiment::TrialJob& job, TrialPlan& plan,
                     std::vector<std::string>& notes);
  void note_once(const std::string& note, std::vector<std::string>& notes);

  PlanContext context_;
  std::shared_ptr<const agent::TextFilter> last_filter_;
  std::vector<std::string> last_names_;
  std::vector<std::string> last_patterns_;
  std::vector<std::string> noted_;
};

/// The process plan with a trial's share of the cores written into it.
agent::ProcessPlan with_cores(const TrialPlan& plan, const CoreShare& share);

/// The environment of this process.
std::map<std::string, std::string> this_environment();

}  // namespace mimar::local
