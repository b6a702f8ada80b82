// Several objectives and a constraint through the built program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/json.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"

namespace mimar::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kObjectives =
    R"(objective.additionalObjectives=[{"metricName": "size", "type": "maximize"}])";
constexpr const char* kConstraints = R"(objective.constraints=[{"metricName": "size", "max": 80}])";

/// One trial as the tests see it, read from the program's own csv.
struct Point {
  std::string name;
  std::string state;
  double loss = 0.0;
  double size = 0.0;
};

std::vector<Point> points_of(const std::string& csv) {
  std::vector<Point> points;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(line, StartsWith("name,number,state,loss,size,"));
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::vector<std::string> all;
    for (std::string cell; std::getline(cells, cell, ',');) all.push_back(cell);
    points.push_back({all.at(0), all.at(2), std::stod(all.at(3)), std::stod(all.at(4))});
  }
  return points;
}

/// Names of the feasible points that no other beats, by comparing each with each; least loss first.
std::vector<std::string> front_of(std::vector<Point> points) {
  std::erase_if(points, [](const Point& point) { return point.size > 80; });
  std::vector<Point> front;
  for (const Point& one : points) {
    const bool is_beaten = std::any_of(points.begin(), points.end(), [&](const Point& other) {
      return other.loss <= one.loss && other.size >= one.size &&
             (other.loss < one.loss || other.size > one.size);
    });
    if (!is_beaten) front.push_back(one);
  }
  std::sort(front.begin(), front.end(),
            [](const Point& a, const Point& b) { return a.loss < b.loss; });
  std::vector<std::string> names;
  for (const Point& point : front) names.push_back(point.name);
  return names;
}

std::vector<std::string> names_in(const Json& list, const char* member) {
  std::vector<std::string> names;
  for (const Json& entry : list) names.push_back(entry.at(member));
  return names;
}

TEST(MultiObjective, ARunEndsWithTheParetoFront) {
  const MimarStage stage;
  const std::string file =
      write_experiment(stage, {.parallel = 2, .max_trials = 24, .more_commands = "echo size=$x"});
  const Ended ended = stage.run({"run", file, "--set", kObjectives, "--set", kConstraints});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(" pareto=true"));
  EXPECT_THAT(ended.out, HasSubstr("Pareto front  "));
  EXPECT_THAT(ended.out, HasSubstr("Best trial by loss"));

  const auto points = points_of(stage.run({"get", "trials", "-e", "tiny", "-o", "csv"}).out);
  ASSERT_THAT(points, SizeIs(24));
  const auto front = front_of(points);
  ASSERT_THAT(front, Not(IsEmpty()));
  for (const Point& point : points) {
    EXPECT_EQ(point.state, point.size > 80 ? "Succeeded (infeasible)" : "Succeeded");
  }

  const Json status = Json::parse(stage.run({"get", "exp", "tiny", "-o", "json"}).out).at("status");
  EXPECT_EQ(names_in(status.at("paretoOptimalTrials"), "bestTrialName"), front);
  EXPECT_EQ(status.at("currentOptimalTrial"), status.at("paretoOptimalTrials").at(0));

  const Json list = Json::parse(stage.run({"best", "tiny", "--pareto", "-o", "json"}).out);
  std::vector<std::string> names;
  for (const Json& trial : list.at("items")) names.push_back(trial.at("metadata").at("name"));
  EXPECT_EQ(names, front);
  const std::string csv = stage.run({"best", "tiny", "--pareto", "-o", "csv"}).out;
  EXPECT_THAT(csv, StartsWith("rank,trial,loss,size,x,fraction\n1," + front.front() + ','));
  EXPECT_EQ(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')), front.size() + 1);
  EXPECT_THAT(stage.run({"best", "tiny", "--pareto"}).out, HasSubstr(front.back()));
  EXPECT_THAT(stage.run({"best", "tiny", "--pareto", "--top", "1", "-o", "name"}).out,
              "trial.kubeflow.org/" + front.front() + '\n');
  EXPECT_THAT(stage.run({"best", "tiny"}).out, StartsWith(front.front() + "  loss "));
  EXPECT_THAT(stage.run({"describe", "exp", "tiny"}).out, HasSubstr("size at most 80"));
}

TEST(MultiObjective, ATrialWithoutOneOfTheObjectivesHasNoMetrics) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.max_trials = 1});
  const Ended ended = stage.run({"run", file, "--set", kObjectives});
  EXPECT_THAT(ended.out, HasSubstr("trial-metrics-unavailable"));
  EXPECT_THAT(ended.out, HasSubstr("never reported the metric \\\"size\\\""));
  EXPECT_THAT(stage.run({"best", "tiny"}).err, HasSubstr("with a value of loss and size"));
}

}  // namespace
}  // namespace mimar::cli
