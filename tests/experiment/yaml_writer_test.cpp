#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "experiment/parse.h"
#include "experiment/yaml_reader.h"
#include "experiment/yaml_scalar.h"
#include "tests/experiment/python_check.h"

namespace mimar::experiment {
namespace {

Json read_back(const std::string& yaml) {
  const YamlSource source(yaml);
  const YamlDocuments read = read_yaml(source);
  EXPECT_TRUE(read.faults.empty()) << yaml;
  return read.documents.empty() ? Json() : to_json(read.documents.front());
}

const std::vector<std::string>& awkward_texts() {
  static const std::vector<std::string> kTexts = {"",
                                                  " ",
                                                  "~",
                                                  "null",
                                                  "Null",
                                                  "true",
                                                  "False",
                                                  "yes",
                                                  "No",
                                                  "ON",
                                                  "off",
                                                  "y",
                                                  "N",
                                                  "1",
                                                  "-1",
                                                  "+1",
                                                  "1.5",
                                                  ".5",
                                                  "5.",
                                                  "1e3",
                                                  "1E-5",
                                                  "0x1F",
                                                  "0o17",
                                                  "010",
                                                  "1_000",
                                                  "1:30",
                                                  "190:20:30",
                                                  "2001-01-01",
                                                  "2001-12-14t21:59:43.10-05:00",
                                                  ".inf",
                                                  "-.INF",
                                                  ".nan",
                                                  "=",
                                                  "<<",
                                                  "-",
                                                  "- a",
                                                  "?",
                                                  "? a",
                                                  ":",
                                                  "a: b",
                                                  "a:",
                                                  ":a",
                                                  "a #b",
                                                  "#a",
                                                  "a#b",
                                                  "&a",
                                                  "*a",
                                                  "!a",
                                                  "|",
                                                  ">",
                                                  "'a'",
                                                  "\"a\"",
                                                  "%a",
                                                  "@a",
                                                  "`a",
                                                  "[a",
                                                  "a]",
                                                  "{a",
                                                  "a}",
                                                  "a, b",
                                                  "a\nb",
                                                  "a\nb\n",
                                                  "\na",
                                                  "a\n\n",
                                                  "  a\nb\n",
                                                  "a \nb\n",
                                                  "a\tb",
                                                  "\ta",
                                                  "a\r\nb",
                                                  "\x01",
                                                  "\x7F",
                                                  "é",
                                                  "日本",
                                                  "😀",
                                                  "\xC2\x85",
                                                  "\xE2\x80\xA8",
                                                  "\xEF\xBB\xBF",
                                                  "\\",
                                                  "a\\nb",
                                                  "---",
                                                  "...",
                                                  "--- a",
                                                  "${trialParameters.lr}",
                                                  "--lr=${trialParameters.lr}",
                                                  "kubeflow.org/v1beta1",
                                                  "status.conditions.#(type==\"Failed\")#",
                                                  "a: |\n  b\n",
                                                  "1e",
                                                  "0b101",
                                                  "12e03",
                                                  "685_230.15",
                                                  "+",
                                                  "e5",
                                                  "nan",
                                                  "inf",
                                                  "NaN",
                                                  "0.",
                                                  "-0"};
  return kTexts;
}

Json random_value(Rng& rng, int depth) {
  const auto& texts = awkward_texts();
  switch (rng.index(depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return rng.index(2) == 0;
    case 2:
      return static_cast<std::int64_t>(rng.next());
    case 3:
      return (rng.uniform() - 0.5) * std::pow(10.0, static_cast<double>(rng.index(40)) - 20.0);
    case 4:
    case 5:
      return texts[rng.index(texts.size())];
    case 6: {
      Json list = Json::array();
      for (std::uint64_t i = rng.index(4); i > 0; --i) list.push_back(random_value(rng, depth - 1));
      return list;
    }
    default: {
      Json map = Json::object();
      for (std::uint64_t i = rng.index(4); i > 0; --i) {
        map[texts[rng.index(texts.size())]] = random_value(rng, depth - 1);
      }
      return map;
    }
  }
}

TEST(YamlWriter, WritesAsKubernetesDoes) {
  const Json value = {{"kind", "Experiment"},
                      {"list", {1, "1", {{"a", "b"}, {"c", Json::array()}}}},
                      {"text", "two\nlines\n"},
                      {"tiny", 1e-5},
                      {"nothing", Json::object()}};
  EXPECT_EQ(to_yaml(value),
            "kind: Experiment\nlist:\n- 1\n- \"1\"\n- a: b\n  c: []\n"
            "text: |\n  two\n  lines\ntiny: 1.0e-05\nnothing: {}\n");
}

TEST(YamlWriter, ReadsBackAsTheSameValue) {
  for (const std::string& text : awkward_texts()) {
    SCOPED_TRACE(Json(text).dump());
    for (const Json& value : {Json(text), Json({text}), Json({{"a", text}}), Json({{text, text}}),
                              Json({{"a", {{{text, {text}}}}}})}) {
      EXPECT_EQ(read_back(to_yaml(value)), value) << to_yaml(value);
    }
  }
  Rng rng(7);
  for (int i = 0; i < 3000; ++i) {
    SCOPED_TRACE(testing::Message() << "value " << i);
    const Json value = Json({{"value", random_value(rng, 4)}});
    EXPECT_EQ(read_back(to_yaml(value)), value) << to_yaml(value);
  }
}

// PyYAML reads YAML 1.1, as Kubernetes's reader does.
TEST(YamlWriter, ReadsBackAsTheSameValueInPython) {
  if (!testing_support::has_python_module("yaml")) GTEST_SKIP() << "needs python3-yaml";
  Json values = Json::array();
  for (const std::string& text : awkward_texts()) values.push_back({{text, text}});
  Rng rng(11);
  for (int i = 0; i < 500; ++i) values.push_back(random_value(rng, 4));
  const std::string script = R"(
import json, sys, yaml
lines = open(sys.argv[1]).read().split("\n", 1)
want = json.loads(lines[0])
got = yaml.safe_load(lines[1])
for a, b in zip(want, got):
    if a != b or type(a) != type(b):
        sys.exit("want %r, got %r" % (a, b))
sys.exit(0 if len(want) == len(got) else "lengths differ")
)";
  EXPECT_TRUE(testing_support::python_accepts(
      script, concat(values.dump(-1, ' ', true), "\n", to_yaml(values))));
}

TEST(YamlWriter, LeavesOrdinaryTextBare) {
  for (const char* text : {"Experiment", "batch/v1", "a-b_c.d", "validation-accuracy",
                           "mimar/train:1", "a b", "logUniform"}) {
    EXPECT_TRUE(is_safe_plain(text)) << text;
  }
}

}  // namespace
}  // namespace mimar::experiment
