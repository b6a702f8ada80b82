#include "agent/line_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/rng.h"

namespace mimar::agent {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(LineBuffer& buffer, const std::vector<std::string>& pieces) {
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  for (const std::string& piece : pieces) buffer.add(piece, keep);
  buffer.finish(keep);
  return lines;
}

TEST(LineBuffer, JoinsPiecesAndDropsReturns) {
  LineBuffer buffer;
  EXPECT_THAT(lines_of(buffer, {"a", "b\nc\r", "\n", "\n", "d"}), ElementsAre("ab", "c", "", "d"));
}

TEST(LineBuffer, KeepsTheBeginningOfALongLine) {
  LineBuffer buffer(4);
  EXPECT_THAT(lines_of(buffer, {"123456\nab", "cdef", "gh\n", "1234\n"}),
              ElementsAre("1234", "abcd", "1234"));
}

TEST(LineBuffer, GivesTheSameLinesForAnyPieces) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::string text;
    const std::uint64_t size = rng.index(200);
    for (std::uint64_t i = 0; i < size; ++i) text += "ab\n\r\0x"[rng.index(6)];
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t piece = 1 + rng.index(9);
      pieces.push_back(text.substr(at, piece));
      at += piece;
    }
    LineBuffer whole(7);
    LineBuffer cut(7);
    EXPECT_EQ(lines_of(whole, {text}), lines_of(cut, pieces));
  }
}

}  // namespace
}  // namespace mimar::agent
