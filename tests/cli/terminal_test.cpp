#include "cli/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mimar::cli {
namespace {

TEST(Terminal, ColoursOnTerminalsThatCan) {
  EXPECT_TRUE(wants_color({.is_terminal = true, .term = "xterm"}));
  EXPECT_FALSE(wants_color({.is_terminal = false, .term = "xterm"}));
  EXPECT_FALSE(wants_color({.is_terminal = true, .term = "dumb"}));
}

TEST(Terminal, LetsTheFlagWinThenNoColorThenForce) {
  EXPECT_FALSE(wants_color({.is_terminal = true, .no_color = "1", .clicolor_force = "1"}));
  EXPECT_TRUE(wants_color({.choice = ColorChoice::kAlways, .no_color = "1"}));
  EXPECT_TRUE(wants_color({.is_terminal = false, .clicolor_force = "1"}));
  EXPECT_FALSE(wants_color({.is_terminal = false, .clicolor_force = "0"}));
  EXPECT_FALSE(
      wants_color({.choice = ColorChoice::kNever, .is_terminal = true, .clicolor_force = "1"}));
}

TEST(Terminal, ReadsTheLocaleInTheOrderOfPosix) {
  setenv("LC_ALL", "", 1);
  setenv("LC_CTYPE", "de_DE.utf8", 1);
  setenv("LANG", "C", 1);
  EXPECT_TRUE(locale_is_utf8());
  setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(locale_is_utf8());
  setenv("LC_ALL", "C.UTF-8", 1);
  EXPECT_TRUE(locale_is_utf8());
}

TEST(Terminal, PaintsOnlyInColour) {
  EXPECT_EQ((Style{.color = true}.paint(Paint::kGood, "x")), "\x1b[32mx\x1b[0m");
  EXPECT_EQ((Style{.color = false}.paint(Paint::kGood, "x")), "x");
  EXPECT_EQ((Style{.color = true}.paint(Paint::kGood, "")), "");
}

TEST(Terminal, IsTakenForEightyByTwentyFourWhenThereIsNone) {
  EXPECT_EQ(terminal_size(-1), (TerminalSize{80, 24}));
}

}  // namespace
}  // namespace mimar::cli
