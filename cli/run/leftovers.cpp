#include "cli/run/leftovers.h"

#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/number_text.h"
#include "local/local_runner.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

/// What a process was started with; empty when it is gone or none of ours to read.
std::string environment_of(const fs::path& process) {
  std::ifstream in(process / "environ", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::vector<pid_t> find_trial_processes(const fs::path& state_dir, std::string_view experiment) {
  const fs::path folder =
      local::trial_dir(fs::absolute(state_dir), std::string(experiment), "any").parent_path();
  // Variables are separated by zero bytes; the first has none before it, so one is put there.
  const std::string wanted = '\0' + ("MIMAR_TRIAL_DIR=" + folder.string() + '/');
  std::vector<pid_t> found;
  std::error_code error;
  for (auto at = fs::directory_iterator("/proc", error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const auto pid = find_integer(at->path().filename().string());
    if (pid && ('\0' + environment_of(at->path())).find(wanted) != std::string::npos) {
      found.push_back(static_cast<pid_t>(*pid));
    }
  }
  return found;
}

void wait_for_leftovers(const fs::path& state_dir, std::string_view experiment,
                        milliseconds patience) {
  constexpr milliseconds kLookAgain{10};  // other processes' children: nothing to wait on
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const std::vector<pid_t> found = find_trial_processes(state_dir, experiment);
    if (found.empty()) return;
    if (std::chrono::steady_clock::now() >= deadline) {
      std::string list;
      for (const pid_t pid : found) list += ' ' + std::to_string(pid);
      fail(ErrorCode::kAborted, "trials of an earlier run of \"", experiment,
           "\" still live; end them first: kill -9", list);
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace mimar::cli
