#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/mimar_process.h"

namespace mimar::cli {

/// A tiny experiment of shell trials that keep a journal of when they begin and end.
struct StageExperiment {
  std::string name = "tiny";
  std::string algorithm = "random";
  int parallel = 1;
  int max_trials = 8;
  int seed = 11;
  std::string pause = "0";          // seconds that a trial sleeps
  std::string more_spec = "";       // further lines of the spec, indented by two
  std::string first_commands = "";  // shell commands before everything else
  std::string more_commands = "";   // shell commands before the value is printed
};

/// Writes the experiment's file and returns its path. Minimizes "loss" = (x - 37)^2 +
/// fraction / 1000, x whole in [0, 100], fraction in [100, 999]. Each trial writes "begin NAME" and
/// "end NAME" to `journal`, and leaves a process behind that would sleep for an hour.
std::string write_experiment(const MimarStage& stage, const StageExperiment& what);

/// What a journal tells.
struct Journal {
  std::map<std::string, int> begun;  // by trial, how often
  std::map<std::string, int> ended;
  int most_at_once = 0;  // a line "all killed" ends whatever runs
};
Journal read_journal(const MimarStage& stage);

}  // namespace mimar::cli
