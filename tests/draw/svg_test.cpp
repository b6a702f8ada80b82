#include "draw/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::draw {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Svg, EscapesWhatXmlTakesForItsOwn) {
  EXPECT_EQ(escape_xml("a<b & \"c\" > 'd'"), "a&lt;b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  EXPECT_EQ(escape_xml("größe × 2"), "größe × 2");
}

TEST(Svg, ReplacesWhatXmlCannotHold) {
  EXPECT_EQ(escape_xml("a\x1b[2Jb"), "a\xEF\xBF\xBD[2Jb");
  EXPECT_EQ(escape_xml(std::string("\0", 1)), "\xEF\xBF\xBD");
  EXPECT_EQ(escape_xml("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(escape_xml("\xc3"), "\xEF\xBF\xBD");                                  // cut short
  EXPECT_EQ(escape_xml("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(escape_xml("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");                  // beyond 16 bits
  EXPECT_EQ(escape_xml("\xef\xbf\xbf"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // U+FFFF
}

TEST(Svg, RoundsCoordinatesToATenth) {
  EXPECT_EQ(to_coordinate(12.34567), "12.3");
  EXPECT_EQ(to_coordinate(-0.01), "0");
  EXPECT_EQ(to_coordinate(100.0), "100");
  EXPECT_THROW(to_coordinate(1.0 / 0.0), Error);
}

TEST(Svg, CutsTextsToTheirRoom) {
  EXPECT_EQ(cut_to_room("short", 12.0, 200.0), "short");
  const std::string cut = cut_to_room("größer als der Platz", 12.0, 60.0);
  EXPECT_THAT(cut, StartsWith("grö"));
  EXPECT_LE(text_width(cut, 12.0), 60.0);
}

TEST(Svg, WritesADocument) {
  SvgWriter svg(100, 50, "A & B");
  svg.begin_group("stroke=\"#000\"");
  svg.line({0, 0}, {10.5, 20});
  svg.end_group();
  svg.text({1, 2}, "<x>", "font-size=\"9\"");
  const std::string text = svg.finish();
  EXPECT_THAT(text, StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\""));
  EXPECT_THAT(text, HasSubstr("<title>A &amp; B</title>"));
  EXPECT_THAT(text, HasSubstr("M0 0L10.5 20"));
  EXPECT_THAT(text, HasSubstr(">&lt;x&gt;</text>"));
}

TEST(Svg, InsistsThatGroupsEnd) {
  SvgWriter svg(10, 10, "x");
  svg.begin_group("fill=\"none\"");
  EXPECT_THROW(svg.finish(), Error);
}

}  // namespace
}  // namespace mimar::draw
