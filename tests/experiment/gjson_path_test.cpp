#include "experiment/gjson_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::experiment {
namespace {

// The document and the answers of GJSON's own syntax page.
const Json kDocument = Json::parse(R"({
  "name": {"first": "Tom", "last": "Anderson"},
  "age": 37,
  "children": ["Sara", "Alex", "Jack"],
  "fav.movie": "Deer Hunter",
  "friends": [
    {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
    {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
    {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]}
  ]
})");

/// What a path finds, as compact JSON; "-" for nothing.
std::string found(const std::string& path, const Json& document = kDocument) {
  const std::optional<Json> value = GjsonPath(path).find(document);
  return value ? value->dump() : "-";
}

TEST(GjsonPath, GivesTheAnswersOfTheSyntaxPage) {
  const std::string dale = kDocument["friends"][0].dump();
  const std::string jane = kDocument["friends"][2].dump();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"name.last", R"("Anderson")"},
      {"age", "37"},
      {"children", R"(["Sara","Alex","Jack"])"},
      {"children.1", R"("Alex")"},
      {"friends.1.first", R"("Roger")"},
      {"child*.2", R"("Jack")"},
      {"c?ildren.0", R"("Sara")"},
      {R"(fav\.movie)", R"("Deer Hunter")"},
      {"friends.#", "3"},
      {"friends.#.age", "[44,68,47]"},
      {R"(friends.#(last=="Murphy").first)", R"("Dale")"},
      {R"(friends.#(last=="Murphy")#.first)", R"(["Dale","Jane"])"},
      {"friends.#(age>45)#.last", R"(["Craig","Murphy"])"},
      {R"(friends.#(first%"D*").last)", R"("Murphy")"},
      {R"(friends.#(first!%"D*").last)", R"("Craig")"},
      {R"(children.#(!%"*a*"))", R"("Alex")"},
      {R"(children.#(%"*a*")#)", R"(["Sara","Jack"])"},
      {R"x(friends.#(nets.#(=="fb"))#.first)x", R"(["Dale","Roger"])"},
      {"friends.0.first", R"("Dale")"},
      {"friends|0.first", R"("Dale")"},
      {"friends.0|first", R"("Dale")"},
      {"friends|0|first", R"("Dale")"},
      {"friends|#", "3"},
      {R"(friends.#(last=="Murphy")#)", "[" + dale + "," + jane + "]"},
      {R"(friends.#(last=="Murphy")#|first)", "-"},
      {R"(friends.#(last=="Murphy")#.0)", "[]"},
      {R"(friends.#(last=="Murphy")#|0)", dale},
      {R"(friends.#(last=="Murphy")#.#)", "[]"},
      {R"(friends.#(last=="Murphy")#|#)", "2"},
      {"[name.first, age]", R"(["Tom",37])"},
      {"[name.first,nothing]", R"(["Tom"])"},
      {"name.@this.first", R"("Tom")"},
  };
  for (const auto& [path, answer] : cases) EXPECT_EQ(found(path), answer) << path;
}

TEST(GjsonPath, ComparesByTheTypeOfWhatItFinds) {
  const Json document = Json::parse(R"({"list":[
      {"n":1,"t":"b","f":true},{"n":2.5,"t":"c","f":false},{"n":10,"t":"d"}]})");
  const auto ns = [&](const std::string& query) {
    return found("list.#(" + query + ")#.n", document);
  };
  EXPECT_EQ(ns("n==1"), "[1]");
  EXPECT_EQ(ns(R"(n=="1")"), "[1]");  // a number is compared as a number, quoted or not
  EXPECT_EQ(ns("n!=1"), "[2.5,10]");
  EXPECT_EQ(ns("n<10"), "[1,2.5]");
  EXPECT_EQ(ns("n<=2.5"), "[1,2.5]");
  EXPECT_EQ(ns("n>=2.5"), "[2.5,10]");
  EXPECT_EQ(ns("t=b"), "[1]");
  EXPECT_EQ(ns(R"(t>"b")"), "[2.5,10]");
  EXPECT_EQ(ns(R"(t % "?")"), "[1,2.5,10]");
  EXPECT_EQ(ns("f==true"), "[1]");
  EXPECT_EQ(ns("f!=true"), "[2.5]");
  EXPECT_EQ(ns("f"), "[1,2.5]");  // those that have it
  EXPECT_EQ(ns("t==1"), "[]");
  EXPECT_EQ(found("list.#(n==7)", document), "-");
  EXPECT_EQ(found("n.#(n==7)#", document), "-");
  EXPECT_EQ(found("list.x", document), "-");
  EXPECT_EQ(found("list.7", document), "-");
}

TEST(GjsonPath, TellsWhereATextIsNoPath) {
  const auto mistake = [](const std::string& text) {
    const auto found = GjsonPath::find_mistake(text);
    return found ? concat(found->offset, " ", found->message) : "none";
  };
  EXPECT_EQ(mistake(R"(status.conditions.#(type=="Complete")#|#(status=="True")#)"), "none");
  EXPECT_EQ(mistake(R"(status.[@this].#(phase=="Succeeded")#)"), "none");
  EXPECT_EQ(mistake("status.failed"), "none");
  EXPECT_EQ(mistake("status."), "7 the path ends where a key must come");
  EXPECT_EQ(mistake(""), "0 the path ends where a key must come");
  EXPECT_EQ(mistake("status..failed"), "7 a key must come here");
  EXPECT_EQ(mistake(R"(status.phase=="Succeeded")"), "12 '=' cannot stand in a key");
  EXPECT_EQ(mistake(R"(status.#(type=="Complete")"), "8 this ( is never closed");
  EXPECT_EQ(mistake(R"(status.#(type=="Complete)#)"), "15 this quote is never closed");
  EXPECT_EQ(mistake(R"(status.#(type=~"C"))"), "14 ~ is not understood in conditions");
  EXPECT_EQ(mistake(R"(status.#(type<>"C"))"), "13 unknown operator <>");
  EXPECT_EQ(mistake("status.#()"), "8 a query is (key==value)");
  EXPECT_EQ(mistake("status.#(type x)"), "8 a query is (key==value)");
  EXPECT_EQ(mistake("status.#(a==1)b"), "14 a dot, a pipe or the end must come here");
  EXPECT_EQ(mistake("[a,b"), "0 this [ is never closed");
  EXPECT_EQ(mistake("a|@keys"), "2 the only modifier that conditions understand is @this");
  EXPECT_EQ(mistake("{a}"), "0 {...} is not understood in conditions");
  EXPECT_THROW(GjsonPath("a..b"), Error);
}

TEST(GjsonPath, TakesAnyTextApartWithoutHarm) {
  const std::string alphabet = "ab.|#()[]@this\"=!%<>*?\\ ,1{";
  std::uint64_t state = 7;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (int length = 0; length < i % 17; ++length) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      text += alphabet[(state >> 33U) % alphabet.size()];
    }
    const auto mistake = GjsonPath::find_mistake(text);
    if (mistake) {
      EXPECT_LE(mistake->offset, text.size()) << text;
    } else {
      static_cast<void>(GjsonPath(text).find(kDocument));
    }
  }
}

}  // namespace
}  // namespace mimar::experiment
