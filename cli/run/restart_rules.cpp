#include "cli/run/restart_rules.h"

#include <algorithm>

#include "base/error.h"

namespace mimar::cli {

using experiment::StoredExperiment;
using experiment::Trial;
using experiment::TrialPurpose;

std::optional<std::string> why_not_restarted(const StoredExperiment& stored,
                                             const std::vector<Trial>& trials,
                                             std::optional<int> max_trials) {
  const auto& [experiment, state] = stored;
  const std::string& name = experiment.name;
  const std::string start = concat("experiment \"", name, "\" has ended (", state.reason, ")");
  const std::string another = "; `mimar clone " + name + " --name NEW` starts another like it";
  const auto num_search = std::count_if(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.purpose == TrialPurpose::kSearch;
  });
  if (state.phase == experiment::ExperimentPhase::kFailed) {
    return start + " as failed, and a failed one does not go on" + another;
  }
  if (state.reason != "ExperimentMaxTrialsReached") {
    return start + ", and only one that ended at its maxTrialCount can go on" + another;
  }
  if (num_search < static_cast<std::ptrdiff_t>(trials.size())) {
    return start + " and has retrained its best trials, which closes its search" + another;
  }
  if (experiment.spec.resume_policy == experiment::ResumePolicy::kNever) {
    return start + " and its resumePolicy is Never; `mimar edit " + name +
           " --resume-policy LongRunning` lets it go on";
  }
  if (!max_trials || *max_trials <= num_search) {
    return start +
           concat(" with ", num_search, " trials; --max-trials N with a larger N lets it go on");
  }
  return std::nullopt;
}

}  // namespace mimar::cli
