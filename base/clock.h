#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace mimar {

/// A moment in UTC, to the microsecond: fine enough to order log lines, coarse enough for SQLite.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// Where the time comes from, so that tests can turn the hands.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

/// The machine's wall clock. Thread safety: full.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

/// A clock that stands still until a test moves it. Thread safety: none.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = TimePoint{}) : now_(start) {}
  TimePoint now() const override { return now_; }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  TimePoint now_;
};

/// Writes a time as RFC 3339 in UTC: "2026-11-24T10:42:07Z", with a fraction unless it is zero.
std::string to_rfc3339(TimePoint time);

/// Reads RFC 3339 with any fraction and offset, for example "2026-11-24T11:42:07.25+01:00".
/// Errors: kInvalidArgument when the text is no such time.
TimePoint parse_rfc3339(std::string_view text);

}  // namespace mimar
