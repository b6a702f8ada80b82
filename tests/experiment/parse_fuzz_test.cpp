#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/rng.h"
#include "experiment/parse.h"

namespace mimar::experiment {
namespace {

std::string read_example(const char* name) {
  std::ifstream file(std::filesystem::path(MIMAR_SOURCE_DIR) / "examples" / name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Pieces that YAML's grammar turns on.
constexpr std::string_view kPieces[] = {": ",
                                        "- ",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        "\n",
                                        "  ",
                                        "\t",
                                        "\"",
                                        "'",
                                        "&a ",
                                        "*a",
                                        "#",
                                        "|\n",
                                        ">\n",
                                        "<<: ",
                                        "!x ",
                                        "? ",
                                        "---\n",
                                        "%",
                                        "\\",
                                        "null",
                                        "010",
                                        "yes",
                                        "1e999",
                                        "-1",
                                        "${trialParameters.lr}",
                                        "é",
                                        "\xFF",
                                        "99999999999999999999",
                                        "..."};

std::string mutate(std::string text, const std::string& other, Rng& rng) {
  for (std::uint64_t count = 1 + rng.index(4); count > 0; --count) {
    const std::size_t at = rng.index(text.size() + 1);
    const std::size_t length = std::min<std::size_t>(rng.index(40), text.size() - at);
    switch (rng.index(6)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, kPieces[rng.index(std::size(kPieces))]);
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(rng.index(256));
        break;
      case 3:  // a piece of itself elsewhere
        text.insert(rng.index(text.size() + 1), std::string(text.substr(at, length)));
        break;
      case 4: {
        const std::size_t from = rng.index(other.size());
        text.replace(at, length, other.substr(from, rng.index(80)));
        break;
      }
      default:  // swap two lines
        if (const std::size_t end = text.find('\n', at); end != std::string::npos) {
          const std::string rest = text.substr(end + 1);
          const std::size_t next = rest.find('\n');
          if (next != std::string::npos) {
            text = text.substr(0, end + 1) + rest.substr(next + 1) + rest.substr(0, next + 1);
          }
        }
    }
  }
  return text;
}

TEST(ParseFuzz, AlwaysAnswersWithExperimentsOrProblems) {
  const std::string good = read_example("fashion-mnist/joint.yaml");
  const std::string other = read_example("any-command/python.yaml");
  ASSERT_FALSE(good.empty() || other.empty());
  Rng rng(20);
  int num_ok = 0;
  for (int i = 0; i < 5000; ++i) {
    SCOPED_TRACE(testing::Message() << "mutation " << i);
    const std::string text = mutate(i % 2 == 0 ? good : other, i % 2 == 0 ? other : good, rng);
    const ParseResult result = parse_experiments(text);
    num_ok += result.ok() ? 1 : 0;
    ASSERT_TRUE(!result.problems.empty() || !result.experiments.empty());
    for (const DocumentProblem& problem : result.problems) {
      ASSERT_FALSE(problem.message.empty());
      ASSERT_GE(problem.line, 0);
      ASSERT_GE(problem.length, 1);
    }
    ASSERT_FALSE(result.ok() && result.experiments.empty());
    if (!result.problems.empty()) {
      ASSERT_FALSE(print_problems("x.yaml", text, result.problems, i % 3 == 0).empty());
    }
    for (const Experiment& experiment : result.experiments) {
      // What was accepted is accepted again, in both forms.
      ASSERT_TRUE(parse_experiment_object(experiment.object).ok());
      const ParseResult again = parse_experiments(to_yaml(experiment.object));
      ASSERT_EQ(again.experiments.size(), 1U);
      ASSERT_EQ(again.experiments[0].object, experiment.object);
    }
  }
  EXPECT_GT(num_ok, 50) << "mutations that change nothing of importance should pass";
}

}  // namespace
}  // namespace mimar::experiment
