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
