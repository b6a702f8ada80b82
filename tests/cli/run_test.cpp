// Whole experiments through the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <sstream>
#include <thread>

#include "base/json.h"
#include "tests/cli/eventually.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"
#include "tests/cli/terminal_picture.h"

namespace mimar::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using namespace std::chrono_literals;

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> objects;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) objects.push_back(Json::parse(line));
  return objects;
}

std::vector<std::string> names_of_events(const std::vector<Json>& events) {
  std::vector<std::string> names;
  for (const Json& event : events) names.push_back(event["event"]);
  return names;
}

TEST(Run, WritesALineForEachEventAndASummary) {
  const MimarStage stage;
  const Ended ended = stage.run({"run", write_experiment(stage, {.max_trials = 3})});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(" run-began experiment=tiny algorithm=random"));
  EXPECT_THAT(ended.out, HasSubstr(" trial-succeeded trial=tiny-"));
  EXPECT_THAT(ended.out, HasSubstr(" best=true"));
  EXPECT_THAT(ended.out, HasSubstr(" experiment-succeeded experiment=tiny"));
  EXPECT_THAT(ended.out, HasSubstr("mimar best tiny -o args"));
  EXPECT_THAT(ended.out, HasSubstr("mimar logs tiny-"));
  EXPECT_THAT(ended.err, IsEmpty());
  EXPECT_TRUE(stage.wait_until_none_alive(5s));
}

TEST(Run, GivesTheSameEventsAsJson) {
  const MimarStage stage;
  const Ended ended =
      stage.run({"run", write_experiment(stage, {.parallel = 2, .max_trials = 5}), "-o", "jsonl"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto events = json_lines(ended.out);
  const auto names = names_of_events(events);
  EXPECT_EQ(names.front(), "run-began");
  EXPECT_EQ(names.back(), "experiment-succeeded");
  EXPECT_EQ(std::count(names.begin(), names.end(), "trial-started"), 5);
  EXPECT_EQ(std::count(names.begin(), names.end(), "trial-succeeded"), 5);
  double least = 1e9;
  for (const Json& event : events) {
    if (event["event"] != "trial-succeeded") continue;
    const double loss = event["metrics"]["loss"];
    EXPECT_EQ(event.contains("best"), loss < least);
    least = std::min(least, loss);
  }
  EXPECT_EQ(events.back()["best"], least);
  EXPECT_THAT(read_journal(stage).begun, SizeIs(5));
  EXPECT_THAT(read_journal(stage).begun, Each(Pair(testing::_, 1)));
  EXPECT_THAT(read_journal(stage).most_at_once, Le(2));
}

TEST(Run, SaysNothingWhenQuiet) {
  const MimarStage stage;
  const Ended ended = stage.run({"-q", "run", write_experiment(stage, {.max_trials = 2})});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, IsEmpty());
}

TEST(Run, LeavesObjectsThatCanBeLookedAt) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.algorithm = "tpe", .max_trials = 4});
  ASSERT_EQ(stage.run({"run", file}).exit_code, 0);

  const Json experiment = Json::parse(stage.run({"get", "exp", "tiny", "-o", "json"}).out);
  EXPECT_EQ(experiment["kind"], "Experiment");
  EXPECT_EQ(experiment["status"]["trialsSucceeded"], 4);
  EXPECT_THAT(stage.run({"get", "exp"}).out, HasSubstr("Succeeded"));
  EXPECT_THAT(stage.run({"get", "exp", "tiny", "-o", "name"}).out,
              "experiment.kubeflow.org/tiny\n");

  const auto trials = json_lines(stage.run({"get", "trials", "-o", "jsonl"}).out);
  ASSERT_THAT(trials, SizeIs(4));
  const std::string name = trials[2]["metadata"]["name"];
  EXPECT_THAT(stage.run({"get", "trials", "-l", "katib.kubeflow.org/experiment=other"}).err,
              HasSubstr("No trials found"));
  EXPECT_EQ(Json::parse(stage.run({"get", "trial", "tiny/2", "-o", "json"}).out), trials[2]);
  EXPECT_EQ(stage.run({"logs", "tiny/2"}).out, stage.run({"logs", name}).out);
  EXPECT_THAT(stage.run({"logs", name, "--tail", "1"}).out, StartsWith("loss="));
  EXPECT_EQ(stage.run({"logs", name, "-f"}).exit_code, 0);

  const std::string csv = stage.run({"get", "trials", "-o", "csv"}).out;
  EXPECT_THAT(csv, StartsWith("name,number,state,loss,elapsed,age,experiment,reason,metrics.loss,"
                              "x,fraction\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);

  const std::string misspelt = name.substr(0, name.size() - 1) + (name.back() == 'b' ? "c" : "b");
  EXPECT_THAT(stage.run({"describe", "trial", misspelt}).err,
              HasSubstr("did you mean \"" + name + "\"?"));
  EXPECT_THAT(stage.run({"describe", "trial", name}).out,
              AllOf(HasSubstr("Hyperparameters"), HasSubstr("loss"), HasSubstr("Conditions")));
  EXPECT_THAT(stage.run({"describe", "exp", "tiny"}).out,
              AllOf(HasSubstr("Best trial"), HasSubstr("Conditions")));
  EXPECT_EQ(stage.run({"get", "exp", "tiy"}).exit_code, 3);
  EXPECT_THAT(stage.run({"get", "exp", "tiy"}).err, HasSubstr("did you mean \"tiny\"?"));
}

TEST(Run, GivesTheBestAsArguments) {
  const MimarStage stage;
  ASSERT_EQ(stage.run({"run", write_experiment(stage, {.max_trials = 6})}).exit_code, 0);
  const Json experiment = Json::parse(stage.run({"get", "exp", "tiny", "-o", "json"}).out);
  std::string expected;
  for (const Json& one : experiment["status"]["currentOptimalTrial"]["parameterAssignments"]) {
    expected += (expected.empty() ? "--" : " --") + one["name"].get<std::string>() + "=" +
                one["value"].get<std::string>();
  }
  EXPECT_EQ(stage.run({"best", "tiny", "-o", "args"}).out, expected + "\n");

  // Best first: losses do not fall from line to line of the csv.
  const std::string table = stage.run({"best", "tiny", "--top", "6", "-o", "csv"}).out;
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "rank,trial,value,x,fraction");
  std::vector<double> losses;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    for (int i = 0; i < 3; ++i) std::getline(fields, line, ',');
    losses.push_back(std::stod(line));
  }
  EXPECT_THAT(losses, SizeIs(6));
  EXPECT_TRUE(std::is_sorted(losses.begin(), losses.end()));
}

TEST(Run, RefusesANameThatIsTaken) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 1});
  ASSERT_EQ(stage.run({"run", file}).exit_code, 0);
  const Ended again = stage.run({"run", file});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_THAT(again.err, AllOf(HasSubstr("mimar resume tiny"), HasSubstr("--name NEW")));
  EXPECT_EQ(stage.run({"run", file, "--name", "second"}).exit_code, 0);
  EXPECT_THAT(stage.run({"get", "exp", "-o", "name"}).out, HasSubstr("/second"));
}

TEST(Run, TakesOverridesAndBoundsOfTheCommandLine) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 50});
  const Ended ended =
      stage.run({"run", file, "--max-trials", "2", "--set", "objective.goal=-1", "--require-goal"});
  EXPECT_EQ(ended.exit_code, 8) << ended.err;
  EXPECT_THAT(read_journal(stage).begun, SizeIs(2));
  EXPECT_EQ(stage
                .run({"run", file, "--name", "b", "--max-trials", "1", "--set",
                      "objective.goal=1e9", "--require-goal"})
                .exit_code,
            0);
  EXPECT_EQ(stage.run({"run", file, "--name", "c", "--require-goal"}).exit_code, 2);
  EXPECT_EQ(stage.run({"run", file, "--name", "d", "--set", "nonsense=1"}).exit_code, 2);
}

TEST(Run, EndsAsFailedWhenTooManyTrialsFail) {
  const MimarStage stage;
  const std::string file = write_experiment(
      stage,
      {.max_trials = 9, .more_spec = "  maxFailedTrialCount: 1\n", .more_commands = "exit 3"});
  const Ended ended = stage.run({"run", file});
  EXPECT_EQ(ended.exit_code, 5) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("trial-failed"));
  EXPECT_THAT(ended.out, HasSubstr("experiment-failed"));
}

TEST(Run, ResumesWithALargerBudget) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 2});
  ASSERT_EQ(stage.run({"run", file}).exit_code, 0);
  const Ended refused = stage.run({"resume", "tiny", "--max-trials", "5"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("mimar edit tiny --resume-policy LongRunning"));
  EXPECT_EQ(stage.run({"edit", "tiny", "--resume-policy", "Sometimes"}).exit_code, 2);
  EXPECT_EQ(stage.run({"edit", "tiny", "--resume-policy", "LongRunning"}).exit_code, 0);
  const Ended idle = stage.run({"resume", "tiny"});
  EXPECT_EQ(idle.exit_code, 0);
  EXPECT_THAT(idle.err, HasSubstr("has ended"));
  EXPECT_EQ(stage.run({"resume", "tiny", "--max-trials", "1"}).exit_code, 2);
  const Ended more = stage.run({"resume", "tiny", "--max-trials", "5"});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(read_journal(stage).begun, SizeIs(5));
  EXPECT_THAT(read_journal(stage).begun, Each(Pair(testing::_, 1)));
  const Json stored = Json::parse(stage.run({"get", "exp", "tiny", "-o", "json"}).out);
  EXPECT_EQ(stored["spec"]["maxTrialCount"], 5);

  // The same by `restart`, and by `edit` and then `resume`.
  EXPECT_EQ(stage.run({"restart", "tiny"}).exit_code, 1);
  EXPECT_EQ(stage.run({"restart", "tiny", "--max-trials", "6"}).exit_code, 0);
  EXPECT_THAT(read_journal(stage).begun, SizeIs(6));
  EXPECT_EQ(stage.run({"edit", "tiny", "--max-trials", "7"}).exit_code, 0);
  EXPECT_EQ(stage.run({"restart", "tiny", "--max-trials", "9"}).exit_code, 1);  // has not ended
  EXPECT_EQ(stage.run({"resume", "tiny"}).exit_code, 0);
  EXPECT_THAT(read_journal(stage).begun, SizeIs(7));
}

TEST(Run, CanBeWatchedToItsEnd) {
  const MimarStage stage;
  ASSERT_EQ(
      stage.run({"create", write_experiment(stage, {.max_trials = 3, .pause = "0.4"})}).exit_code,
      0);
  const pid_t experiments = stage.start({"get", "exp", "tiny", "-w"}, "experiments");
  const pid_t runner = stage.start({"resume", "tiny"});
  ASSERT_TRUE(eventually([&] { return !stage.read("journal").empty(); }));
  const Ended trials = stage.run({"get", "trials", "-e", "tiny", "-w"});
  EXPECT_EQ(MimarStage::wait(runner), 0);
  EXPECT_EQ(MimarStage::wait(experiments), 0);
  EXPECT_EQ(trials.exit_code, 0);
  const auto num = [](const std::string& text, const std::string& what) {
    int count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(num(trials.out, "NAME"), 1);
  EXPECT_EQ(num(trials.out, "Succeeded"), 3);
  EXPECT_GE(num(trials.out, "Running"), 1);
  EXPECT_EQ(num(stage.read("experiments.out"), "Succeeded"), 1);
  EXPECT_GE(num(stage.read("experiments.out"), "Running"), 2);
  EXPECT_EQ(stage.run({"get", "algorithms", "-w"}).exit_code, 2);
  EXPECT_EQ(stage.run({"get", "exp", "-w", "-o", "json"}).exit_code, 2);
}

TEST(Run, IsAloneWithItsExperimentAndStopsOnRequest) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 500, .pause = "0.05"});
  const pid_t runner = stage.start({"run", file, "-o", "jsonl"});
  ASSERT_TRUE(eventually([&] { return stage.read("journal").find("end") != std::string::npos; }));
  const std::string refusal = "is already running, pid " + std::to_string(runner);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"resume", "tiny"}, {"delete", "exp", "tiny", "--yes"}}) {
    const Ended refused = stage.run(arguments);
    EXPECT_EQ(refused.exit_code, 4);
    EXPECT_THAT(refused.err, HasSubstr(refusal));
  }
  EXPECT_EQ(stage.run({"stop", "tiny"}).exit_code, 0);
  EXPECT_EQ(MimarStage::wait(runner), 130);

  const Journal stopped = read_journal(stage);
  EXPECT_EQ(stopped.begun, stopped.ended);  // running trials finished
  EXPECT_THAT(stage.run({"get", "exp"}).out, HasSubstr("Stopped"));
  const auto count = static_cast<int>(stopped.begun.size());
  EXPECT_EQ(stage.run({"resume", "tiny", "--timeout", "0.5s"}).exit_code, 6);
  EXPECT_GT(static_cast<int>(read_journal(stage).begun.size()), count);
  EXPECT_TRUE(stage.wait_until_none_alive(5s));
}

TEST(Run, LetsTrialsFinishOnOneInterruptAndEndsThemOnTwo) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 500, .pause = "0.3"});
  pid_t runner = stage.start({"run", file});
  ASSERT_TRUE(eventually([&] { return !stage.read("journal").empty(); }));
  kill(-runner, SIGINT);  // the whole group, as a terminal does
  EXPECT_EQ(MimarStage::wait(runner), 130);
  Journal journal = read_journal(stage);
  EXPECT_EQ(journal.begun, journal.ended);
  EXPECT_THAT(stage.read("started.out"), HasSubstr("stopping after running trials"));

  EXPECT_THAT(stage.run({"get", "exp"}).out, HasSubstr("Stopped"));

  const std::size_t before = journal.begun.size();
  runner = stage.start({"resume", "tiny"});
  ASSERT_TRUE(eventually([&] { return read_journal(stage).begun.size() > before; }));
  kill(runner, SIGTERM);
  EXPECT_EQ(MimarStage::wait(runner), 143);
  EXPECT_TRUE(stage.wait_until_none_alive(5s));
  journal = read_journal(stage);
  EXPECT_GT(journal.begun.size(), journal.ended.size());  // cut short, to run again
}

TEST(Run, ExitsAtOnceOnTheThirdInterruptAndTakesItsTrialsAlong) {
  const MimarStage stage;
  const std::string file =
      write_experiment(stage, {.max_trials = 500, .pause = "60", .first_commands = "trap '' TERM"});
  const pid_t runner = stage.start({"run", file});
  const auto said = [&](const char* text) {
    return stage.read("started.out").find(text) != std::string::npos;
  };
  ASSERT_TRUE(eventually([&] { return !stage.read("journal").empty(); }));
  kill(runner, SIGINT);
  ASSERT_TRUE(eventually([&] { return said("stopping after running trials"); }));
  kill(runner, SIGINT);
  ASSERT_TRUE(eventually([&] { return said("ending running trials"); }));
  kill(runner, SIGINT);  // the trial does not heed SIGTERM, so it still runs
  EXPECT_EQ(MimarStage::wait(runner), 130);
  EXPECT_THAT(stage.read("started.err"), HasSubstr("ending at once"));
  EXPECT_TRUE(stage.wait_until_none_alive(5s));
  EXPECT_THAT(stage.run({"get", "exp"}).out, HasSubstr("Interrupted"));
  EXPECT_THAT(stage.run({"get", "trials"}).out, HasSubstr("Interrupted"));
}

/// Everything a terminal shows until the program ends.
std::string read_until_closed(int terminal) {
  std::string text;
  std::array<char, 4096> block{};
  for (ssize_t count = 0; (count = read(terminal, block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  return text;
}

TEST(Run, DrawsOnATerminalAndLeavesItTidy) {
  const MimarStage stage;
  const std::string file =
      write_experiment(stage, {.parallel = 2, .max_trials = 6, .pause = "0.4"});
  FileDescriptor terminal;
  const pid_t runner = stage.start_on_terminal({"run", file}, 100, 30, terminal);
  std::string text = read_until_closed(terminal.get());
  EXPECT_EQ(MimarStage::wait(runner), 0);

  EXPECT_THAT(text, HasSubstr("6/6 trials"));  // the block was there
  std::erase(text, '\r');  // the driver turns our LF into CR LF; the picture does so itself
  TerminalPicture picture(100, 30);
  picture.write(text);
  EXPECT_TRUE(picture.cursor_visible());
  const auto lines = picture.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) { return line.starts_with("✓ tiny-"); }),
            6);
  EXPECT_THAT(lines, Contains(StartsWith("Best trial  tiny-")));
  EXPECT_THAT(lines, Contains(HasSubstr("mimar best tiny -o args")));
  for (const std::string& line : lines)
    EXPECT_THAT(line, testing::Not(HasSubstr("Ctrl-C"))) << line;
}

TEST(Run, StopsOnCtrlCAtTheTerminal) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 500, .pause = "0.2"});
  FileDescriptor terminal;
  const pid_t runner = stage.start_on_terminal({"run", file}, 100, 10, terminal);
  ASSERT_TRUE(eventually([&] { return !stage.read("journal").empty(); }));
  ASSERT_EQ(write(terminal.get(), "\x03", 1), 1);
  const std::string text = read_until_closed(terminal.get());
  EXPECT_EQ(MimarStage::wait(runner), 130);
  EXPECT_THAT(text, HasSubstr("Ctrl-C again ends them"));
  EXPECT_THAT(text, HasSubstr("mimar resume tiny"));
  const Journal journal = read_journal(stage);
  EXPECT_EQ(journal.begun, journal.ended);
}

}  // namespace
}  // namespace mimar::cli
