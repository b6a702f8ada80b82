#include "cli/cleaning.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "cli/run/run_lock.h"
#include "cli/trial_text.h"
#include "local/local_runner.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;
using experiment::Trial;
using experiment::TrialPhase;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    entries.push_back(at->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool ended_badly(const Trial& trial) {
  return trial.phase == TrialPhase::kFailed || trial.phase == TrialPhase::kKilled ||
         trial.phase == TrialPhase::kMetricsUnavailable;
}

/// Folders below one experiment's that are of no use.
void find_in(const fs::path& folder, const std::string& experiment,
             const std::vector<Trial>& trials, TimePoint ended_before, std::vector<Waste>& waste) {
  std::map<std::string, const Trial*> by_name;
  for (const Trial& trial : trials) by_name.emplace(trial.name, &trial);
  for (const fs::path& path : entries_of(folder)) {
    const auto found = by_name.find(path.filename().string());
    if (found == by_name.end()) {
      waste.push_back({path, Waste::Why::kUnknownTrial, experiment, bytes_below(path)});
    } else if (ended_badly(*found->second) &&
               found->second->finished_at.value_or(ended_before) < ended_before) {
      waste.push_back({path, Waste::Why::kEndedBadly, experiment, bytes_below(path)});
    }
  }
}

/// Folders of an experiment's trials.
fs::path trials_of(const fs::path& state_dir, const std::string& experiment) {
  return local::trial_dir(state_dir, experiment, "any").parent_path();
}

/// kept/NAME, or kept/NAME-2 and so on beside what former experiments of the name have left.
fs::path new_kept_folder(const fs::path& state_dir, const std::string& experiment) {
  fs::path folder = state_dir / "kept" / experiment;
  for (int i = 2; fs::exists(fs::symlink_status(folder)); ++i) {
    folder.replace_filename(concat(experiment, '-', i));
  }
  return folder;
}

/// A trial's own files; nothing may be left of a trial.
bool drop_logs(const fs::path& trial) {
  for (const fs::path& entry : entries_of(trial)) {
    if (local::is_runner_log(entry)) fs::remove(entry);
  }
  if (!artefacts(trial).empty()) return true;
  fs::remove_all(trial);
  return false;
}

}  // namespace

std::optional<fs::path> keep_artefacts(const fs::path& state_dir, const std::string& experiment) {
  const fs::path trials = trials_of(state_dir, experiment);
  try {
    bool has_any = false;
    for (const fs::path& trial : entries_of(trials)) has_any |= drop_logs(trial);
    if (!has_any) return std::nullopt;
    const fs::path kept = new_kept_folder(state_dir, experiment);
    fs::create_directories(kept.parent_path());
    fs::rename(trials, kept);
    return kept;
  } catch (const fs::filesystem_error& error) {
    fail(ErrorCode::kFailedPrecondition, "cannot keep the files of the trials: ", error.what());
  }
}

std::uintmax_t total_bytes(const std::vector<Waste>& waste) {
  return std::accumulate(waste.begin(), waste.end(), std::uintmax_t{0},
                         [](std::uintmax_t sum, const Waste& one) { return sum + one.bytes; });
}

std::uintmax_t bytes_below(const fs::path& path) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  if (fs::is_regular_file(fs::symlink_status(path, error))) return fs::file_size(path, error);
  // Files come and go while trials run: what cannot be read counts for nothing.
  for (auto at = fs::recursive_directory_iterator(
           path, fs::directory_options::skip_permission_denied, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (at->is_symlink(ignored) || !at->is_regular_file(ignored)) continue;
    const std::uintmax_t size = at->file_size(ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

std::vector<Waste> find_waste(const fs::path& state_dir, experiment::Store& store,
                              TimePoint ended_before) {
  std::vector<Waste> waste;
  const fs::path trials = local::trial_dir(state_dir, "any", "any").parent_path().parent_path();
  for (const fs::path& folder : entries_of(trials)) {
    const std::string name = folder.filename().string();
    if (find_runner(state_dir, name)) continue;
    if (const auto stored = store.find_experiment(name)) {
      find_in(folder, name, store.list_trials(stored->experiment.uid), ended_before, waste);
    } else {
      waste.push_back({folder, Waste::Why::kUnknownExperiment, name, bytes_below(folder)});
    }
  }
  return waste;
}

std::vector<Waste> remove_waste(const fs::path& state_dir, experiment::Store& store,
                                const std::vector<Waste>& waste) {
  std::vector<Waste> removed;
  for (const Waste& one : waste) {
    std::optional<RunLock> lock;
    try {
      lock.emplace(state_dir, one.experiment, "");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kAborted) throw;
      continue;  // somebody has begun to run it
    }
    // A trial that has ended stays so, but an experiment of this name may have been made since.
    const bool is_unknown = one.why == Waste::Why::kUnknownExperiment;
    if (is_unknown && store.find_experiment(one.experiment)) continue;
    std::error_code error;
    fs::remove_all(one.path, error);
    if (is_unknown) lock->remove_file();
    if (!error) removed.push_back(one);
  }
  return removed;
}

}  // namespace mimar::cli
