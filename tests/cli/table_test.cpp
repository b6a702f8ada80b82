#include "cli/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::cli {
namespace {

using testing::HasSubstr;

Table make_table() {
  Table table({{.title = "NAME"},
               {.title = "BEST VALUE", .right_aligned = true},
               {.title = "NOTE", .wide_only = true}});
  table.add_row({{.text = "b"}, {.text = "0.5", .raw = "0.50001", .number = 0.5}, {.text = "x,y"}});
  table.add_row({{.text = "long-name"}, {.text = "–", .raw = ""}, {.text = ""}});
  table.add_row({{.text = "a"}, {.text = "12", .number = 12.0}, {.text = "say \"hi\""}});
  return table;
}

TEST(Table, AlignsColumns) {
  EXPECT_EQ(make_table().to_text(false, {}, 0),
            "NAME       BEST VALUE\n"
            "b                 0.5\n"
            "long-name           –\n"
            "a                  12\n");
}

TEST(Table, ShowsWideColumnsOnRequestAndLeavesNoSpacesAtTheEnd) {
  EXPECT_EQ(make_table().to_text(true, {}, 0),
            "NAME       BEST VALUE  NOTE\n"
            "b                 0.5  x,y\n"
            "long-name           –\n"
            "a                  12  say \"hi\"\n");
}

TEST(Table, CutsLinesToTheTerminal) {
  EXPECT_EQ(make_table().to_text(false, {.color = false, .utf8 = true}, 10),
            "NAME     …\n"
            "b        …\n"
            "long-name…\n"
            "a        …\n");
}

TEST(Table, SortsNumbersByValueAndMissingOnesLast) {
  Table table = make_table();
  table.sort_by("best value");
  EXPECT_EQ(table.to_csv(),
            "name,best_value,note\n"
            "b,0.50001,\"x,y\"\n"
            "a,12,\"say \"\"hi\"\"\"\n"
            "long-name,,\n");
  table.sort_by("NAME");
  EXPECT_EQ(table.to_text(false, {}, 0),
            "NAME       BEST VALUE\n"
            "a                  12\n"
            "b                 0.5\n"
            "long-name           –\n");
}

TEST(Table, TellsRowsThatChangedFromThoseThatAged) {
  const auto keys = [](const std::string& state, const std::string& age) {
    Table table({{.title = "NAME"}, {.title = "STATE"}, {.title = "AGE"}});
    table.add_row({{.text = "a"}, {.text = state}, {.text = age}});
    return table.row_keys({"AGE"});
  };
  EXPECT_EQ(keys("Running", "5m").at(0).name, "a");
  EXPECT_EQ(keys("Running", "5m").at(0).content, keys("Running", "6m").at(0).content);
  EXPECT_NE(keys("Running", "5m").at(0).content, keys("Failed", "5m").at(0).content);
}

TEST(Table, NamesTheNearestColumn) {
  Table table = make_table();
  try {
    table.sort_by("nam");
    FAIL() << "an unknown column is an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"name\"?"));
    EXPECT_THAT(error.what(), HasSubstr("name, best value, note"));
  }
}

}  // namespace
}  // namespace mimar::cli
