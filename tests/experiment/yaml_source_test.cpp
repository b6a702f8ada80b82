#include "experiment/yaml_source.h"

#include <gmock/gmock.h>

namespace mimar::experiment {
namespace {

TEST(YamlSource, CountsLinesAndCharactersFromOne) {
  const YamlSource source("ab\nçé: x\r\n\nlast");
  EXPECT_EQ(source.place(0), (TextPlace{1, 1}));
  EXPECT_EQ(source.place(3), (TextPlace{2, 1}));
  EXPECT_EQ(source.place(7), (TextPlace{2, 3}));  // two characters of two bytes each
  EXPECT_EQ(source.place(1000), (TextPlace{4, 5}));
  EXPECT_EQ(source.line(2), "çé: x");
  EXPECT_EQ(source.line(3), "");
  EXPECT_EQ(source.line(9), "");
  EXPECT_EQ(source.line_start(8), 3U);
}

TEST(YamlSource, FindsTheFirstByteThatIsNoUtf8) {
  EXPECT_EQ(find_invalid_utf8("plain, ç, €, 😀"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2U);
  EXPECT_EQ(find_invalid_utf8("\xC0\x80"), 0U) << "overlong";
  EXPECT_EQ(find_invalid_utf8("\xE0\x80\x80"), 0U) << "overlong";
  EXPECT_EQ(find_invalid_utf8("a\xED\xA0\x80"), 1U) << "surrogate";
  EXPECT_EQ(find_invalid_utf8("a\xF4\x90\x80\x80"), 1U) << "beyond U+10FFFF";
  EXPECT_EQ(find_invalid_utf8("\xE2\x82"), 0U) << "cut off";
  EXPECT_EQ(find_invalid_utf8("\xE2\x82("), 0U);
}

}  // namespace
}  // namespace mimar::experiment
