#pragma once

#include <memory>
#include <string>
#include <vector>

#include "local/pytorch_variables.h"
#include "local/trial_plan.h"

namespace mimar::local {

/// Turns jobs into plans. Remembers the last text filter, for most trials of an experiment share
/// it. Thread safety: none.
class TrialPlanner {
 public:
  explicit TrialPlanner(PlanContext context) : context_(std::move(context)) {}

  /// Appends sentences worth showing to `notes`, each once in this planner's life.
  /// Errors: kFailedPrecondition for a kind of job that needs a cluster, and for an image that is
  /// neither mapped nor has its command on this machine; kInvalidArgument for a job without a
  /// command, with replicas that the training operator would refuse, or with a bad metrics filter.
  TrialPlan plan(const experiment::TrialJob& job, std::vector<std::string>& notes);

  /// So many trials run at once from the next plan on.
  void set_parallel(int trials) { context_.parallel = trials; }

 private:
  /// What the replicas of one trial have in common.
  struct Frame {
    const experiment::TrialJob& job;
    TrialPlan& plan;
    Rendezvous rendezvous;
    std::vector<std::string>& notes;
  };

  ReplicaPlan plan_replica(const Frame& frame, std::size_t index, bool reports);
  void plan_reading(const Frame& frame, const Variables& variables, ReplicaPlan& replica);
  void plan_machine(const Frame& frame);
  void check_image(const experiment::TrialJob& job, const Json& container,
                   const experiment::ContainerCommand& command, const std::string& search_path,
                   std::vector<std::string>& notes);
  Variables container_variables(const Frame& frame, const Variables& written,
                                std::size_t index) const;
  Variables process_environment(const Variables& variables, ReplicaPlan* replica) const;
  void add_companion(const Frame& frame, std::size_t index, ReplicaPlan& replica);
  std::shared_ptr<const agent::TextFilter> text_filter(const experiment::TrialJob& job);
  void note_once(const std::string& note, std::vector<std::string>& notes);

  PlanContext context_;
  std::shared_ptr<const agent::TextFilter> last_filter_;
  std::vector<std::string> last_names_;
  std::vector<std::string> last_patterns_;
  std::vector<std::string> noted_;
};

}  // namespace mimar::local
