#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "experiment/trial_runner.h"
#include "local/local_runner.h"

namespace mimar::local {

/// Keeps a runner's events and waits for them. The waits are bounded generously: only a failing
/// test reaches the bound.
class EventLog final : public experiment::TrialEventSink {
 public:
  void on_event(experiment::TrialEvent event) override;

  /// Waits for the trial's TrialExited.
  /// Errors: kUnavailable after a minute.
  experiment::TrialExited wait_for_exit(const std::string& trial);
  void wait_for_start(const std::string& trial);
  /// Waits until that many values have been reported, and returns all.
  std::vector<experiment::Observation> wait_for_reports(const std::string& trial,
                                                        std::size_t count = 0);

  /// How many trials have exited.
  std::size_t num_exited();
  /// The events of one trial in order, as words: "started", "reported", "exited".
  std::vector<std::string> story(const std::string& trial);

 private:
  template <class Predicate>
  void wait(const std::string& what, Predicate&& done);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<experiment::TrialEvent> events_;
};

/// A folder for one test that goes away with it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A batch/v1 Job that runs `command` in exec form; metrics from StdOut: "loss" and "accuracy".
experiment::TrialJob make_job(const std::string& trial, const std::vector<std::string>& command);

/// The same for a shell script.
experiment::TrialJob shell_job(const std::string& trial, const std::string& script);

/// Adds a variable to the container's env.
void add_env(experiment::TrialJob& job, const std::string& name, const std::string& value);

/// "metric@step=value" for each observation.
std::vector<std::string> words(const std::vector<experiment::Observation>& observations);

std::string read_file(const std::filesystem::path& file);

}  // namespace mimar::local
