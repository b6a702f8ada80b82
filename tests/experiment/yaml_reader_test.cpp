#include "experiment/yaml_reader.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "experiment/parse.h"
#include "experiment/yaml_scalar.h"

namespace mimar::experiment {
namespace {

/// "M007 3:2 text" for each fault.
std::vector<std::string> faults_of(std::string_view text) {
  const YamlSource source(text);
  std::vector<std::string> lines;
  for (const YamlFault& fault : read_yaml(source).faults) {
    const TextPlace place = source.place(fault.span.offset);
    lines.push_back(
        concat(to_string(fault.code), " ", place.line, ":", place.column, " ", fault.message));
  }
  return lines;
}

Json read(std::string_view text) {
  const YamlSource source(text);
  const YamlDocuments read = read_yaml(source);
  EXPECT_TRUE(read.faults.empty());
  return read.documents.empty() ? Json() : to_json(read.documents.front());
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(YamlReader, ResolvesScalarsByTheCoreSchemaOf12) {
  EXPECT_EQ(read("[1, -2, +3, 0x1F, 0o17, 1.5, 1e3, .5, 5.]"),
            Json({1, -2, 3, 31, 15, 1.5, 1000.0, 0.5, 5.0}));
  EXPECT_EQ(read("[true, False, null, ~, yes, on, '1', \"true\"]"),
            Json({true, false, nullptr, nullptr, "yes", "on", "1", "true"}));
  EXPECT_EQ(read("[1_000, 1:30, 2001-01-01, .inf, 18446744073709551615]"),
            Json({"1_000", "1:30", "2001-01-01", ".inf", 18446744073709551615U}));
}

TEST(YamlReader, ReadsJson) {
  EXPECT_EQ(read("{\n\t\"a\":1,\"b\":[\"\\u00e9\\/\", {\"c\":null}]\n}"),
            Json({{"a", 1}, {"b", {"é/", {{"c", nullptr}}}}}));
}

TEST(YamlReader, ReadsAllDocumentsAndLeavesOutEmptyOnes) {
  const YamlSource source("\xEF\xBB\xBF# first\na: 1\n---\n---\nb: 2\n...\n");
  const YamlDocuments read = read_yaml(source);
  ASSERT_EQ(read.documents.size(), 2U);
  EXPECT_EQ(source.place(read.documents[0].entries[0].value.span.offset), (TextPlace{2, 4}));
  EXPECT_EQ(to_json(read.documents[1]), Json({{"b", 2}}));
}

TEST(YamlReader, ExpandsAliases) {
  EXPECT_EQ(read("a: &x [1, &y two]\nb: *x\n*y : 3\n"),
            Json({{"a", {1, "two"}}, {"b", {1, "two"}}, {"two", 3}}));
}

TEST(YamlReader, NamesBothLinesOfADoubleKey) {
  const YamlSource source("a: 1\nb: {c: 1,\n  c: 2}\na: 3\n");
  const YamlDocuments read = read_yaml(source);
  ASSERT_EQ(read.faults.size(), 2U);
  EXPECT_EQ(read.faults[0].message, "key \"c\" is given twice");
  EXPECT_EQ(read.faults[0].label, "first given in line 2");
  EXPECT_EQ(source.place(read.faults[0].span.offset), (TextPlace{3, 3}));
  EXPECT_EQ(read.faults[1].label, "first given in line 1");
  EXPECT_EQ(source.place(read.faults[1].span.offset), (TextPlace{4, 1}));
}

TEST(YamlReader, PointsAtTabs) {
  using testing::ElementsAre;
  EXPECT_THAT(faults_of("a:\n\tb: 1\n"), ElementsAre("M006 2:1 a tab cannot indent"));
  EXPECT_THAT(faults_of("a:\n  b: 1\n \tc: 2\n\td: 3\n"),
              ElementsAre("M006 3:2 a tab cannot indent"));
  EXPECT_THAT(faults_of("a:\n- x\n\t- y\n"), ElementsAre("M006 3:1 a tab cannot indent"));
  EXPECT_THAT(faults_of("a: |\n  x\n  \ty\n"), ElementsAre()) << "text may hold tabs";
}

TEST(YamlReader, RejectsWhatItDoesNotSupport) {
  using testing::ElementsAre;
  EXPECT_THAT(faults_of("a: &x {b: 1}\nc:\n  <<: *x\n"),
              ElementsAre("M008 3:3 merge keys (<<) are not supported"));
  EXPECT_THAT(faults_of("[a, b]: 1\n"), ElementsAre("M008 1:1 a list or mapping cannot be a key"));
  EXPECT_THAT(faults_of("a: !secret x\n"), ElementsAre("M008 1:4 unknown tag \"!secret\""));
  EXPECT_THAT(faults_of("a: &x [1, *x]\n"),
              ElementsAre("M008 1:11 an alias cannot stand inside what it names"));
}

TEST(YamlReader, ExplainsBrokenGrammar) {
  using testing::ElementsAre;
  EXPECT_THAT(faults_of("a: b: c\n"), ElementsAre("M001 1:5 a mapping cannot start here"));
  EXPECT_THAT(faults_of("a: \"x\nb: 1\n"), ElementsAre("M001 1:4 a quote is not closed"));
  EXPECT_THAT(faults_of("a: [1, 2\nb: 1\n"), ElementsAre("M001 2:2 a ']' or ',' is missing"));
}

TEST(YamlReader, PointsAtTheFirstByteThatIsNoText) {
  using testing::ElementsAre;
  EXPECT_THAT(faults_of("a: ça\nb: \xE9t\xE9\n"),
              ElementsAre("M002 2:4 byte 0xE9 is no valid UTF-8"));
  EXPECT_THAT(faults_of(std::string_view("a: 1\nb: \0\n", 10)),
              ElementsAre("M002 2:4 control character 0"));
  EXPECT_THAT(faults_of("\xFF\xFE"
                        "a"),
              ElementsAre("M002 1:1 byte 0xFF is no valid UTF-8"));
}

TEST(YamlReader, SurvivesNestingTwentyThousandLevelsDeep) {
  using testing::ElementsAre;
  EXPECT_THAT(faults_of(repeat("- ", 20000)),
              ElementsAre("M004 1:201 nested more than 100 levels deep"));
  EXPECT_THAT(faults_of(repeat("{\"a\":", 20000)),
              ElementsAre(testing::HasSubstr("nested more than 100 levels deep")));
  EXPECT_THAT(faults_of("a: " + repeat("[", 20000) + repeat("]", 20000)),
              ElementsAre(testing::HasSubstr("nested more than 100 levels deep")));
  EXPECT_TRUE(read(repeat("[", 99) + repeat("]", 99)).is_array());
}

TEST(YamlReader, StopsAliasesThatExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string alias = concat("*a", i - 1);
    text += concat("a", i, ": &a", i, " [", alias, repeat(", " + alias, 9), "]\n");
  }
  EXPECT_THAT(faults_of(text),
              testing::ElementsAre(
                  "M005 6:40 the file has more than 1000000 values, every alias written out"));
}

TEST(YamlReader, RefusesMoreThanEightMegabytes) {
  const std::string text = "a: " + std::string(8U << 20U, 'x');
  const YamlSource source(text);
  const YamlDocuments read = read_yaml(source);
  ASSERT_EQ(read.faults.size(), 1U);
  EXPECT_EQ(read.faults[0].code, ProblemCode::kTooLarge);
  EXPECT_EQ(read.faults[0].message, "the file has 8388611 bytes; at most 8388608 are read");
  EXPECT_FALSE(read.faults[0].span.is_somewhere());
}

TEST(YamlReader, ReadsEightMegabytesOfOneLine) {
  std::string text = "[";
  while (text.size() < (8U << 20U) - 8) text += "1234567,";
  text += "1]";
  EXPECT_THAT(faults_of(text), testing::ElementsAre(testing::HasSubstr("more than 1000000")));
}

TEST(YamlScalar, KnowsWhatOtherReadersSeeDifferently) {
  for (const char* text : {"010", "-007", "00"}) EXPECT_TRUE(is_octal_looking(text)) << text;
  for (const char* text : {"0", "10", "0x10", "0.1", "01a"}) {
    EXPECT_FALSE(is_octal_looking(text)) << text;
  }
  for (const char* text : {"yes", "NO", "On", "off", "y"}) EXPECT_TRUE(is_truth_word(text)) << text;
  for (const char* text : {"true", "yess", "oN"}) EXPECT_FALSE(is_truth_word(text)) << text;
}

}  // namespace
}  // namespace mimar::experiment
