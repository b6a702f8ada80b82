#include "tests/local/runner_test_support.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace mimar::local {
namespace {

const std::string& trial_of(const experiment::TrialEvent& event) {
  return std::visit([](const auto& each) -> const std::string& { return each.trial_name; }, event);
}

}  // namespace

void EventLog::on_event(experiment::TrialEvent event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  changed_.notify_all();
}

template <class Predicate>
void EventLog::wait(const std::string& what, Predicate&& done) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::minutes{1}, std::forward<Predicate>(done))) {
    fail(ErrorCode::kUnavailable, "waited too long for ", what);
  }
}

experiment::TrialExited EventLog::wait_for_exit(const std::string& trial) {
  experiment::TrialExited found;
  wait("the end of " + trial, [&] {
    for (const experiment::TrialEvent& event : events_) {
      const auto* exit = std::get_if<experiment::TrialExited>(&event);
      if (exit == nullptr || exit->trial_name != trial) continue;
      found = *exit;
      return true;
    }
    return false;
  });
  return found;
}

void EventLog::wait_for_start(const std::string& trial) {
  wait("the start of " + trial, [&] {
    return std::any_of(events_.begin(), events_.end(), [&](const experiment::TrialEvent& event) {
      return std::holds_alternative<experiment::TrialStarted>(event) && trial_of(event) == trial;
    });
  });
}

std::vector<experiment::Observation> EventLog::wait_for_reports(const std::string& trial,
                                                                std::size_t count) {
  std::vector<experiment::Observation> found;
  wait("reports of " + trial, [&] {
    found.clear();
    for (const experiment::TrialEvent& event : events_) {
      const auto* report = std::get_if<experiment::TrialReported>(&event);
      if (report == nullptr || report->trial_name != trial) continue;
      found.insert(found.end(), report->observations.begin(), report->observations.end());
    }
    return found.size() >= count;
  });
  return found;
}

std::size_t EventLog::num_exited() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(events_.begin(), events_.end(), [](const experiment::TrialEvent& event) {
        return std::holds_alternative<experiment::TrialExited>(event);
      }));
}

std::vector<std::string> EventLog::story(const std::string& trial) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> words;
  for (const experiment::TrialEvent& event : events_) {
    if (trial_of(event) != trial) continue;
    words.emplace_back(std::vector<std::string>{"started", "reported", "exited"}[event.index()]);
  }
  return words;
}

TestFolder::TestFolder() {
  static std::atomic<int> count{0};
  path_ =
      std::filesystem::path(testing::TempDir()) / concat("mimar-runner-", ::getpid(), "-", ++count);
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

experiment::TrialJob make_job(const std::string& trial, const std::vector<std::string>& command) {
  experiment::TrialJob job;
  job.experiment_name = "demo";
  job.experiment_uid = "uid";
  job.trial_name = trial;
  job.primary_container_name = "main";
  job.command_form = experiment::CommandForm::kExec;
  job.metric_names = {"loss", "accuracy"};
  job.object = Json::parse(R"({"apiVersion":"batch/v1","kind":"Job","spec":{"template":{"spec":
      {"containers":[{"name":"main","env":[]}],"restartPolicy":"Never"}}}})");
  job.object["spec"]["template"]["spec"]["containers"][0]["command"] = command;
  return job;
}

experiment::TrialJob shell_job(const std::string& trial, const std::string& script) {
  return make_job(trial, {"sh", "-c", script});
}

void add_env(experiment::TrialJob& job, const std::string& name, const std::string& value) {
  job.object["spec"]["template"]["spec"]["containers"][0]["env"].push_back(
      {{"name", name}, {"value", value}});
}

std::vector<std::string> words(const std::vector<experiment::Observation>& observations) {
  std::vector<std::string> texts;
  for (const experiment::Observation& each : observations) {
    texts.push_back(concat(each.metric, "@", each.step, "=", each.value));
  }
  return texts;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();  // swallows the error of a /proc file whose process ends
  return text.str();
}

}  // namespace mimar::local
