#include "cli/run/live_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cli/terminal_picture.h"

namespace mimar::cli {
namespace {

using testing::ElementsAre;

constexpr TerminalSize kSize{.columns = 20, .rows = 6};

/// A block that draws on a picture of a terminal.
class Stage {
 public:
  void draw(const std::vector<std::string>& above, std::vector<std::string> block,
            TerminalSize size = kSize) {
    block_.draw(above, std::move(block), size);
    flush();
  }
  void clear(TerminalSize size = kSize) {
    block_.clear(size);
    flush();
  }
  TerminalPicture picture{kSize.columns, kSize.rows};

 private:
  void flush() {
    picture.write(out_.str());
    out_.str("");
  }
  std::ostringstream out_;
  LiveBlock block_{out_};
};

TEST(LiveBlock, IsDrawnOverInPlace) {
  Stage stage;
  stage.draw({}, {"a long first line", "second"});
  stage.draw({}, {"short", "2nd"});
  EXPECT_THAT(stage.picture.lines(), ElementsAre("short", "2nd"));
}

TEST(LiveBlock, LetsFinishedLinesScrollByAbove) {
  Stage stage;
  stage.draw({}, {"block 1", "more"});
  stage.draw({"done A"}, {"block 2", "more"});
  stage.draw({"done B", "done C"}, {"block 3"});
  EXPECT_THAT(stage.picture.lines(), ElementsAre("done A", "done B", "done C", "block 3"));
}

TEST(LiveBlock, ShrinksWithoutLeavingAnythingBehind) {
  Stage stage;
  stage.draw({}, {"1", "2", "3", "4"});
  stage.draw({}, {"only"});
  EXPECT_THAT(stage.picture.lines(), ElementsAre("only"));
}

TEST(LiveBlock, KeepsTheScrollbackWholeBeyondTheScreen) {
  Stage stage;
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back("done " + std::to_string(i));
    stage.draw({expected.back()}, {"block", std::to_string(i), "end"});
  }
  expected.insert(expected.end(), {"block", "49", "end"});
  EXPECT_EQ(stage.picture.lines(), expected);
}

TEST(LiveBlock, FindsItsStartAfterTheTerminalBecameNarrower) {
  Stage stage;
  stage.draw({"done A"}, {"0123456789abcdef", "xy"});
  stage.picture.resize(8);
  stage.draw({"done B"}, {"new", "block"}, {.columns = 8, .rows = 6});
  EXPECT_THAT(stage.picture.lines(), ElementsAre("done A", "done B", "new", "block"));
}

TEST(LiveBlock, HidesTheCursorAndGivesItBack) {
  Stage stage;
  stage.draw({"done"}, {"block"});
  EXPECT_FALSE(stage.picture.cursor_visible());
  stage.clear();
  EXPECT_TRUE(stage.picture.cursor_visible());
  EXPECT_THAT(stage.picture.lines(), ElementsAre("done"));
}

TEST(LiveBlock, GivesTheCursorBackWhenItGoesAway) {
  std::ostringstream out;
  {
    LiveBlock block(out);
    block.draw({}, {"block"}, kSize);
  }
  TerminalPicture picture(kSize.columns, kSize.rows);
  picture.write(out.str());
  EXPECT_TRUE(picture.cursor_visible());
  EXPECT_THAT(picture.lines(), ElementsAre());
}

}  // namespace
}  // namespace mimar::cli
