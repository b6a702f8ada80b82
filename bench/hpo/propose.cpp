// How long one proposal takes after n finished trials. Prints one line of JSON for each case.
//
//   mimar-hpo-bench [--repeats=20]
//
// The history holds random points with a random value each, as in bench/hpo/optuna_side_by_side.py.
// Each repeat tells the result of one trial and asks for the next, so that what a sampler does with
// news is part of the time. Times are processor time of the one thread that works, so that what
// else the machine does counts little.

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/rng.h"
#include "hpo/sampler.h"
#include "tests/support/spaces.h"

namespace {

using namespace std::string_view_literals;
using mimar::hpo::History;
using mimar::hpo::Sampler;

struct Case {
  std::string space;
  std::string algorithm;
  int num_trials;
};

mimar::space::SearchSpace make_space(const std::string& name) {
  if (name == "real10") return mimar::spaces::cube(10, 0.0, 1.0);
  if (name == "mixed") return mimar::spaces::one_of_each_kind();
  return mimar::spaces::chain(100);
}

/// Processor time of this thread in milliseconds.
double now_ms() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

void finish(History& history, const mimar::space::Assignment& assignment, mimar::Rng& rng) {
  const mimar::hpo::TrialId id = history.next_number();
  history.append(mimar::hpo::Proposed{.assignment = assignment});
  history.append(mimar::hpo::Finished{.trial = id, .objectives = {rng.uniform()}});
}

/// Milliseconds of each repeat, ascending.
std::vector<double> measure(const Case& one, int num_repeats) {
  const mimar::space::SearchSpace space = make_space(one.space);
  mimar::Rng rng(1);
  History history;
  for (int i = 0; i < one.num_trials; ++i) finish(history, space.sample(rng), rng);
  const auto sampler = mimar::hpo::make_sampler(one.algorithm, {}, {.space = space, .seed = 1});
  sampler->propose(history, 1);
  std::vector<double> times;
  for (int i = 0; i < num_repeats; ++i) {
    finish(history, space.sample(rng), rng);
    const double start = now_ms();
    sampler->propose(history, 1);
    times.push_back(now_ms() - start);
  }
  std::ranges::sort(times);
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  int num_repeats = 20;
  constexpr std::string_view kRepeats = "--repeats=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(kRepeats)) num_repeats = std::atoi(argv[i] + kRepeats.size());
  }
  if (num_repeats < 1) {
    std::cerr << "usage: mimar-hpo-bench [--repeats=N], N at least 1\n";
    return 2;
  }
  for (const char* space : {"real10", "mixed", "chain100"}) {
    for (const char* algorithm : {"random", "sobol", "evolution", "multivariate-tpe"}) {
      for (const int num_trials : {100, 1000, 10000}) {
        if (space == "chain100"sv && num_trials > 1000) continue;
        const std::vector<double> times = measure({space, algorithm, num_trials}, num_repeats);
        const mimar::Json line = {
            {"benchmark", "propose"},    {"space", space},
            {"algorithm", algorithm},    {"trials", num_trials},
            {"repeats", num_repeats},    {"median_ms", times[times.size() / 2]},
            {"least_ms", times.front()}, {"most_ms", times.back()}};
        std::cout << line.dump() << std::endl;
      }
    }
  }
  return 0;
}
