#include "local/replica.h"

#include <string.h>  // sigabbrev_np
#include <sys/wait.h>

#include <system_error>

#include "base/error.h"
#include "base/quantity.h"

namespace mimar::local {
namespace {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? concat("signal ", signal, " (SIG", name, ")")
                         : concat("signal ", signal);
}

}  // namespace

std::string describe_end(const Replica& replica) {
  if (replica.no_start) return *replica.no_start;
  if (!replica.wait_status) return "the process above the trial was killed, and the trial with it";
  if (replica.excess) {
    return concat("out of memory: used ", to_memory_text(replica.excess->used), " of its ",
                  to_memory_text(replica.excess->limit));
  }
  std::string text = describe_status(*replica.wait_status);
  if (WIFSIGNALED(*replica.wait_status)) text = "killed by " + text;
  const bool succeeded = WIFEXITED(*replica.wait_status) && WEXITSTATUS(*replica.wait_status) == 0;
  const std::string& line = replica.output.last_line();
  return succeeded || line.empty() ? text : text + "; last output: " + line;
}

std::optional<int> exit_code_of(const Replica& replica) {
  if (!replica.wait_status || replica.no_start) return std::nullopt;
  if (WIFSIGNALED(*replica.wait_status)) return 128 + WTERMSIG(*replica.wait_status);
  return WEXITSTATUS(*replica.wait_status);
}

std::string describe_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return signal_name(WTERMSIG(wait_status));
  return concat("exit code ", WEXITSTATUS(wait_status));
}

std::string describe_no_start(const ReplicaPlan& plan, agent::StartStep step, int error_number) {
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
