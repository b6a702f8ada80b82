#include "local/running_trial.h"

#include <string.h>  // sigabbrev_np
#include <sys/wait.h>

#include <system_error>

#include "base/error.h"

namespace mimar::local {
namespace {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? concat("signal ", signal, " (SIG", name, ")")
                         : concat("signal ", signal);
}

std::string stop_message(experiment::StopReason why) {
  switch (why) {
    case experiment::StopReason::kExperimentDone:
      return "stopped: the experiment has ended";
    case experiment::StopReason::kStoppedByUser:
      return "stopped by the user";
    case experiment::StopReason::kKilledByUser:
      return "killed by the user";
    case experiment::StopReason::kEarlyStopped:
      return "stopped early";
    case experiment::StopReason::kTimeout:
      return "stopped: ran longer than its limit";
    case experiment::StopReason::kStalled:
      return "stopped: no report within the stall limit";
  }
  return "stopped";
}

std::string with_last_line(std::string message, const RunningTrial& trial) {
  if (!trial.output.last_line().empty()) message += "; last output: " + trial.output.last_line();
  return message;
}

}  // namespace

experiment::TrialExited describe_exit(const RunningTrial& trial, TimePoint now) {
  experiment::TrialExited exit{.trial_name = trial.plan.trial,
                               .time = now,
                               .succeeded = false,
                               .exit_code = {},
                               .signal = {},
                               .stopped = trial.stopped,
                               .message = {}};
  if (trial.wait_status) {
    if (WIFEXITED(*trial.wait_status)) exit.exit_code = WEXITSTATUS(*trial.wait_status);
    if (WIFSIGNALED(*trial.wait_status)) exit.signal = WTERMSIG(*trial.wait_status);
  }
  if (trial.stopped) {
    exit.message = stop_message(*trial.stopped);
  } else if (trial.no_start) {
    exit.message = *trial.no_start;
  } else if (exit.exit_code) {
    exit.succeeded = *exit.exit_code == 0;
    exit.message = concat("exit code ", *exit.exit_code);
    if (!exit.succeeded) exit.message = with_last_line(exit.message, trial);
  } else if (exit.signal) {
    exit.message = with_last_line("killed by " + signal_name(*exit.signal), trial);
  } else {
    exit.message = "the process above the trial was killed, and the trial with it";
  }
  return exit;
}

std::string describe_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return signal_name(WTERMSIG(wait_status));
  return concat("exit code ", WEXITSTATUS(wait_status));
}

std::string describe_no_start(const TrialPlan& plan, agent::StartStep step, int error_number) {
  const std::string reason = std::generic_category().message(error_number);
  switch (step) {
    case agent::StartStep::kDirectory:
      return concat("cannot enter the working directory \"", plan.process.directory,
                    "\": ", reason);
    case agent::StartStep::kProgram:
      return concat("cannot start \"", plan.process.argv.front(), "\": ", reason);
    case agent::StartStep::kIsolation:
      return concat(
          "cannot give the trial namespaces of its own, which a path or port that trials "
          "share needs: ",
          reason);
    case agent::StartStep::kCompanion:
      return concat("cannot start the custom collector \"", plan.process.companion.argv.front(),
                    "\": ", reason);
    case agent::StartStep::kFork:
    case agent::StartStep::kPlan:
      break;
  }
  return concat("cannot make a process for \"", plan.process.argv.front(), "\": ", reason);
}

}  // namespace mimar::local
