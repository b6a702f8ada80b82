#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"

namespace mimar {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

TimePoint at(std::int64_t microseconds_since_1970) {
  return TimePoint{microseconds{microseconds_since_1970}};
}

TEST(Clock, WritesRfc3339InUtc) {
  EXPECT_EQ(to_rfc3339(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(at(1'000'000'000'000'000)), "2001-09-09T01:46:40Z");
  EXPECT_EQ(to_rfc3339(at(951'782'400'000'000)), "2000-02-29T00:00:00Z");
  EXPECT_EQ(to_rfc3339(at(250'000)), "1970-01-01T00:00:00.250000Z");
  EXPECT_EQ(to_rfc3339(at(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Clock, ReadsTheExamplesOfRfc3339) {
  // RFC 3339, section 5.8.
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z"), at(482'196'050'520'000));
  EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00"), parse_rfc3339("1996-12-20T00:39:57Z"));
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60Z"), parse_rfc3339("1991-01-01T00:00:00Z"));
  EXPECT_EQ(parse_rfc3339("1937-01-01T12:00:27.87+00:20"),
            parse_rfc3339("1937-01-01T11:40:27.87Z"));
}

TEST(Clock, ReadsFractionsOfAnyLength) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1Z"), at(100'000));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000001Z"), at(1));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.123456789123Z"), at(123'456));
  EXPECT_EQ(parse_rfc3339("1970-01-01t00:00:00z"), at(0));
}

TEST(Clock, ReadsBackWhatItWrote) {
  Rng rng(9);
  constexpr std::uint64_t kEightThousandYears = 250'000'000'000ULL * 1'000'000ULL;
  for (int i = 0; i < 5'000; ++i) {
    const TimePoint time =
        at(static_cast<std::int64_t>(rng.index(kEightThousandYears)) - 40'000'000'000'000'000);
    ASSERT_EQ(parse_rfc3339(to_rfc3339(time)), time) << to_rfc3339(time);
  }
}

TEST(Clock, RejectsWhatIsNoTime) {
  for (const char* text : {"",
                           "now",
                           "2026-11-24",
                           "2026-11-24T10:42:07",
                           "2026-11-24T10:42:07Zz",
                           "2026-11-24 T10:42:07Z",
                           "2026-13-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-11-31T00:00:00Z",
                           "2026-11-24T24:00:00Z",
                           "2026-11-24T10:60:00Z",
                           "2026-11-24T10:42:61Z",
                           "2026-11-24T10:42:07.Z",
                           "2026-11-24T10:42:07+1:00",
                           "2026-11-24T10:42:07+0100",
                           "2026-11-24T10:42:07+24:00",
                           "2026-11-24T10:42:07+01:60",
                           "2026/11/24T10:42:07Z",
                           "-026-11-24T10:42:07Z",
                           "2026-11-24T10:42:0"}) {
    try {
      parse_rfc3339(text);
      ADD_FAILURE() << '"' << text << "\" was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << text;
    }
  }
}

TEST(Clock, StandsStillUntilMoved) {
  ManualClock clock(at(5));
  EXPECT_EQ(clock.now(), at(5));
  clock.advance(seconds(2));
  EXPECT_EQ(clock.now(), at(2'000'005));
  EXPECT_GT(SystemClock().now(), parse_rfc3339("2020-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace mimar
