// How many trials of `echo loss=0.5` a second the runner alone can run, and how long one takes from
// launch to start.
//
//   bench_trials_per_second [TRIALS [PARALLEL]]     (10000 trials, 4 in parallel)
//
// Prints one JSON line.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "local/local_runner.h"

namespace {

using Time = std::chrono::steady_clock::time_point;

/// Counts ends, and times from launch to start.
class Counter final : public mimar::experiment::TrialEventSink {
 public:
  void on_event(mimar::experiment::TrialEvent event) override {
    const Time now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (const auto* start = std::get_if<mimar::experiment::TrialStarted>(&event)) {
      latencies_.push_back(
          std::chrono::duration<double, std::milli>(now - launched_.at(start->trial_name)).count());
    } else if (const auto* exit = std::get_if<mimar::experiment::TrialExited>(&event)) {
      ++ended_;
      failed_ += exit->succeeded ? 0 : 1;
      changed_.notify_one();
    } else {
      reported_ += std::get<mimar::experiment::TrialReported>(event).observations.size();
    }
  }

  void launching(const std::string& trial) {
    const std::lock_guard lock(mutex_);
    launched_[trial] = std::chrono::steady_clock::now();
  }
  void wait_for_ends(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ >= count; });
  }
  mimar::Json summary() {
    const std::lock_guard lock(mutex_);
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](std::size_t hundredths) {
      return latencies_.empty() ? 0.0 : latencies_[(latencies_.size() - 1) * hundredths / 100];
    };
    return {{"failed", failed_},
            {"values", reported_},
            {"launch-to-start-ms", {{"median", at(50)}, {"p99", at(99)}}}};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Time> launched_;
  std::vector<double> latencies_;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
  std::size_t reported_ = 0;
};

mimar::experiment::TrialJob make_job(const std::string& trial) {
  mimar::experiment::TrialJob job;
  job.experiment_name = "bench";
  job.trial_name = trial;
  job.primary_container_name = "main";
  job.command_form = mimar::experiment::CommandForm::kShell;
  job.metric_names = {"loss"};
  job.object = mimar::Json::parse(R"({"kind":"Job","spec":{"template":{"spec":{"containers":[
      {"name":"main","command":["echo","loss=0.5"]}]}}}})");
  return job;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int index, std::size_t standard) {
    return argc > index ? static_cast<std::size_t>(std::atol(argv[index])) : standard;
  };
  const std::size_t trials = argument(1, 10'000);
  const std::size_t parallel = argument(2, 4);
  const auto folder = std::filesystem::temp_directory_path() /
                      mimar::concat("mimar-trials-per-second-", ::getpid());
  Counter counter;
  mimar::Json result;
  {
    mimar::local::LocalRunner runner({.state_dir = folder, .parallel = static_cast<int>(parallel)});
    runner.watch(counter);
    const Time begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < trials; ++i) {
      counter.wait_for_ends(i < parallel ? 0 : i - parallel + 1);
      const std::string name = mimar::concat("t", i);
      counter.launching(name);
      runner.launch(make_job(name));
    }
    counter.wait_for_ends(trials);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    result = {{"trials", trials},
              {"parallel", parallel},
              {"seconds", seconds},
              {"trials-per-second", static_cast<double>(trials) / seconds}};
  }
  result.update(counter.summary());
  std::filesystem::remove_all(folder);
  std::cout << result.dump() << "\n";
}
