#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "experiment/parse.h"
#include "experiment/problem_code.h"

namespace mimar::experiment {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// "M031 18:14 max must ...": what a broken file states in its own last lines.
std::string to_line(const DocumentProblem& problem) {
  return concat(problem.code, " ", problem.line, ":", problem.column, " ", problem.message);
}

/// A problem as a broken file states it: `# expect LINE`, then `#   label TEXT` and `#   help TEXT`
/// where the cure stands beside the message. A label or help that is not stated is not compared.
struct Expectation {
  std::string line;
  std::string label = {};
  std::string help = {};
};

std::vector<Expectation> expectations(const std::string& text) {
  std::vector<Expectation> expected;
  const auto after = [](const std::string& line, std::string_view mark) {
    return line.starts_with(mark) ? std::optional(line.substr(mark.size())) : std::nullopt;
  };
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (const auto message = after(line, "# expect ")) expected.push_back({*message});
    if (expected.empty()) continue;
    if (const auto label = after(line, "#   label ")) expected.back().label = *label;
    if (const auto help = after(line, "#   help ")) expected.back().help = *help;
  }
  return expected;
}

std::vector<std::string> lines_of(const std::vector<Expectation>& expected) {
  std::vector<std::string> lines;
  for (const Expectation& one : expected) lines.push_back(one.line);
  return lines;
}

std::vector<std::string> lines_of(const ParseResult& result) {
  std::vector<std::string> lines;
  for (const DocumentProblem& problem : result.problems) lines.push_back(to_line(problem));
  return lines;
}

const std::filesystem::path kBroken =
    std::filesystem::path(MIMAR_SOURCE_DIR) / "tests/experiment/broken";

// One file per rule: v02 to v35 are Katib's rules by their number in its webhook, the others
// Mimar's. Each file ends with every problem it must give, with code, line, column, text and cure.
TEST(Validate, FindsEveryMistakeOfTheBrokenFilesAtItsPlace) {
  int num_files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kBroken)) {
    SCOPED_TRACE(entry.path().filename().string());
    const std::string text = read_file(entry.path());
    const std::vector<Expectation> expected = expectations(text);
    ASSERT_FALSE(expected.empty()) << "a broken file says what is wrong with it";
    const ParseResult result = parse_experiments(text);
    EXPECT_THAT(lines_of(result), testing::ElementsAreArray(lines_of(expected)));
    for (std::size_t i = 0; i < std::min(expected.size(), result.problems.size()); ++i) {
      EXPECT_THAT(result.problems[i].label, testing::HasSubstr(expected[i].label));
      EXPECT_THAT(result.problems[i].help, testing::HasSubstr(expected[i].help));
    }
    EXPECT_EQ(result.experiments.empty(), !result.ok());
    ++num_files;
  }
  EXPECT_GE(num_files, 120);
}

TEST(Validate, GivesTheSameProblemsWithoutPlacesForAnObject) {
  // A file whose problems do not depend on how its scalars are written.
  const std::string text = read_file(kBroken / "several-at-once.yaml");
  const Json object = {{"apiVersion", "kubeflow.org/v1beta1"},
                       {"kind", "Experiment"},
                       {"metadata", {{"name", "X"}}},
                       {"spec", {{"maxTrialCount", 0}, {"objectve", 1}}}};
  const ParseResult result = parse_experiment_object(object);
  EXPECT_FALSE(result.ok());
  std::vector<std::string> paths;
  for (const DocumentProblem& problem : result.problems) {
    EXPECT_EQ(problem.line, 0);
    paths.push_back(problem.path);
  }
  EXPECT_THAT(paths, testing::UnorderedElementsAre("metadata.name", "spec", "spec.maxTrialCount",
                                                   "spec.objectve", "spec.algorithm"));
}

TEST(Validate, TurnsUnknownFieldsIntoWarningsOnRequest) {
  const std::string text = read_file(kBroken / "v23-unknown-job-field.yaml");
  const ParseResult result = parse_experiments(text, {.ignore_unknown = true});
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].severity, DocumentProblem::Severity::kWarning);
  EXPECT_EQ(result.experiments.size(), 1U);
}

// A name that is known but not built: the file is right, and whoever cannot run it says so.
TEST(Validate, AcceptsWhatThisBuildLacksOnRequest) {
  for (const char* file : {"v10-algorithm-not-built.yaml", "v11-early-stopping-not-built.yaml"}) {
    SCOPED_TRACE(file);
    const std::string text = read_file(kBroken / file);
    const std::string refusal = expectations(text).front().line;
    const ParseResult result = parse_experiments(text, {.accept_unbuilt = true});
    ASSERT_EQ(result.problems.size(), 1U);
    EXPECT_EQ(result.problems[0].severity, DocumentProblem::Severity::kWarning);
    EXPECT_EQ(to_line(result.problems[0]), refusal + ", so it cannot run the experiment");
    EXPECT_THAT(result.problems[0].help, testing::StartsWith("this build has: "));
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.experiments.size(), 1U);
  }
  const std::string unknown = read_file(kBroken / "v10-unknown-algorithm.yaml");
  EXPECT_FALSE(parse_experiments(unknown, {.accept_unbuilt = true}).ok());
}

// As in Katib, the chain of a one-shot search names its operations and layers; the trial knows the
// sizes of its data.
TEST(Validate, WantsNoSizesOfAOneShotSearch) {
  std::string text = read_file(kBroken / "nas-no-sizes.yaml");
  const std::string random = "algorithmName: random";
  text.replace(text.find(random), random.size(), "algorithmName: darts");
  const ParseResult result = parse_experiments(text);
  EXPECT_THAT(lines_of(result), testing::IsEmpty());
  ASSERT_EQ(result.experiments.size(), 1U);
  const auto& graph = result.experiments[0].spec.graph;
  ASSERT_TRUE(graph && std::holds_alternative<space::ChainSpace>(*graph));
  EXPECT_THAT(std::get<space::ChainSpace>(*graph).input_sizes, testing::IsEmpty());
}

// Katib's webhook (rules 25 and 26) lets `unknown` through; its algorithms take the distribution as
// uniform, and cannot draw from the type.
TEST(Validate, ReadsParametersOfTypeUnknownByTheirValues) {
  const ParseResult result = parse_experiments(read_file(kBroken / "v25-type-unknown.yaml"));
  ASSERT_EQ(result.experiments.size(), 1U);
  const auto& parameters = result.experiments[0].spec.parameters;
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters[0].domain,
            space::Domain(space::RealDomain{0.01, 0.1, space::Distribution::kUniform, {}}));
  EXPECT_EQ(parameters[1].domain, space::Domain(space::CategoricalDomain{{"sgd", "adamw"}}));
}

/// A valid file with `from` replaced.
std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string with_collector(const std::string& collector) {
  return changed(read_file(kBroken / "v25-type-unknown.yaml"), "  maxTrialCount: 10\n",
                 "  maxTrialCount: 10\n  metricsCollectorSpec:\n" + collector);
}

/// What `run` on a machine with or without namespaces makes of it, without what is warned anyway.
std::vector<std::string> foretold(const std::string& text, bool can_isolate) {
  std::vector<std::string> lines = lines_of(parse_experiments(
      text, {.foretell_run_with =
                 MeansToIsolate{.namespaces = can_isolate, .linked_replicas = can_isolate}}));
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("M107"); });
  return lines;
}

TEST(Validate, ForetellsThatAPageOverHttpsIsRefused) {
  const std::string text = with_collector(
      "    collector: {kind: PrometheusMetric}\n"
      "    source: {httpGet: {port: 8080, path: /metrics, scheme: HTTPS}}\n");
  EXPECT_THAT(foretold(text, true),
              testing::ElementsAre("M108 15:60 on this machine a page of metrics is read by plain "
                                   "HTTP: `mimar run` refuses it"));
  EXPECT_THAT(foretold(changed(text, "HTTPS", "HTTP"), true), testing::IsEmpty());
  EXPECT_TRUE(
      parse_experiments(
          text, {.foretell_run_with = MeansToIsolate{.namespaces = true, .linked_replicas = true}})
          .ok());
  EXPECT_EQ(parse_experiments(text).problems.size(), 2U);  // of type unknown, both
}

TEST(Validate, ForetellsThatTrialsShareAPath) {
  const std::string text = with_collector(
      "    collector: {kind: File}\n"
      "    source: {fileSystemPath: {path: /katib//mnist.log, kind: File}}\n");
  const auto foretelling = testing::ElementsAre(
      "M109 15:37 trials run one at a time on this machine, as all use the path /katib/mnist.log "
      "and it allows no mount namespaces to keep them apart");
  EXPECT_THAT(foretold(text, false), foretelling);
  EXPECT_THAT(foretold(text, true), testing::IsEmpty());
  const std::string alone = changed(text, "parallelTrialCount: 2", "parallelTrialCount: 1");
  EXPECT_THAT(foretold(alone, false), testing::IsEmpty());
  const std::string own = changed(text, "/katib//mnist.log", "$(MIMAR_TRIAL_DIR)/mnist.log");
  EXPECT_THAT(foretold(own, false), testing::IsEmpty());
  // No local run, nothing to foretell of it.
  const std::string elsewhere =
      changed(changed(text, "kind: Job", "kind: TFJob"), "batch/v1", "kubeflow.org/v1");
  for (const std::string& line : foretold(elsewhere, false)) {
    EXPECT_THAT(line, testing::Not(testing::StartsWith("M109")));
  }
}

TEST(Validate, ForetellsThatTrialsShareAPort) {
  const std::string text = with_collector(
      "    collector: {kind: PrometheusMetric}\n    source: {httpGet: {port: 9090}}\n");
  EXPECT_THAT(foretold(text, true), testing::IsEmpty());
  EXPECT_THAT(foretold(text, false),
              testing::ElementsAre("M109 15:30 trials run one at a time on this machine, as all "
                                   "use port 9090 and it allows no network namespaces to keep "
                                   "them apart"));
  EXPECT_THAT(foretold(changed(text, "port: 9090", "port: 9090, host: board"), false),
              testing::IsEmpty());

  // Replicas talk to each other: loopback devices alone do not help them.
  const std::string replicas =
      changed(read_file(std::filesystem::path(MIMAR_SOURCE_DIR) / "examples/pytorchjob/ranks.yaml"),
              "{collector: {kind: StdOut}}",
              "{collector: {kind: PrometheusMetric}, source: {httpGet: {port: 9090}}}");
  EXPECT_THAT(foretold(replicas, true), testing::IsEmpty());
  EXPECT_THAT(lines_of(parse_experiments(
                  replicas, {.foretell_run_with =
                                 MeansToIsolate{.namespaces = true, .linked_replicas = false}})),
              testing::Contains(testing::EndsWith(
                  "port 9090 and it makes no networks for the replicas of a trial to meet in")));
}

TEST(Validate, UnderlinesPlaceholdersAndNamesToTheirEnds) {
  const ParseResult result =
      parse_experiments(read_file(kBroken / "v21-placeholder-undeclared.yaml"));
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].length, 25);  // ${trialParameters.epochs}
  EXPECT_EQ(result.problems[0].path,
            "spec.trialTemplate.trialSpec.spec.template.spec.containers[0].command[1]");
}

TEST(Validate, ErrorsPageListsEveryCodeOfTheEnumOnce) {
  const auto helps = problem_helps();
  std::vector<int> codes;
  for (const ProblemHelp& help : helps) {
    codes.push_back(static_cast<int>(help.code));
    EXPECT_FALSE(help.title.empty() || help.cause.empty()) << to_string(help.code);
  }
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());

  // Every enumerator that the sources mention is in the list: codes leave the program through the
  // enum alone, so this covers all that can be emitted.
  const std::string header =
      read_file(std::filesystem::path(MIMAR_SOURCE_DIR) / "experiment/problem_code.h");
  std::size_t num_enumerators = 0;
  std::istringstream stream(header);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("  k") && line.find(" = ") != std::string::npos) {
      const int code = std::stoi(line.substr(line.find('=') + 1));
      EXPECT_THAT(codes, testing::Contains(code)) << line;
      ++num_enumerators;
    }
  }
  EXPECT_EQ(num_enumerators, helps.size());
}

}  // namespace
}  // namespace mimar::experiment
