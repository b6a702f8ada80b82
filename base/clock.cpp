#include "base/clock.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "base/error.h"

namespace mimar {
namespace {

using std::chrono::microseconds;
using std::chrono::sys_days;

/// Takes digits off the front of a text and complains with the whole of it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : whole_(text), rest_(text) {}

  int number(std::size_t digits) {
    if (rest_.size() < digits) reject();
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit(rest_[i]);
    rest_.remove_prefix(digits);
    return value;
  }

  char one_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) reject();
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  /// The fraction after a dot, in microseconds; further digits are cut off.
  microseconds fraction() {
    if (rest_.empty() || rest_.front() != '.') return microseconds{0};
    rest_.remove_prefix(1);
    std::int64_t value = 0;
    std::int64_t weight = 100'000;
    std::size_t used = 0;
    for (; used < rest_.size() && rest_[used] >= '0' && rest_[used] <= '9'; ++used) {
      value += weight * digit(rest_[used]);
      weight /= 10;
    }
    if (used == 0) reject();
    rest_.remove_prefix(used);
    return microseconds{value};
  }

  bool at_end() const { return rest_.empty(); }

  [[noreturn]] void reject() const {
    fail(ErrorCode::kInvalidArgument, "not an RFC 3339 time: \"", whole_, "\"");
  }

 private:
  int digit(char c) const {
    if (c < '0' || c > '9') reject();
    return c - '0';
  }

  std::string_view whole_;
  std::string_view rest_;
};

}  // namespace

TimePoint SystemClock::now() const {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string text = buffer.data();
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    std::snprintf(buffer.data(), buffer.size(), ".%06d", static_cast<int>(fraction));
    text += buffer.data();
  }
  return text + "Z";
}

TimePoint parse_rfc3339(std::string_view text) {
  using namespace std::chrono;  // NOLINT: the calendar's operators live there
  Scanner scan(text);
  const int y = scan.number(4);
  scan.one_of("-");
  const int m = scan.number(2);
  scan.one_of("-");
  const int d = scan.number(2);
  scan.one_of("Tt ");
  const int hour = scan.number(2);
  scan.one_of(":");
  const int minute = scan.number(2);
  scan.one_of(":");
  const int second = scan.number(2);
  const microseconds fraction = scan.fraction();
  const char zone = scan.one_of("Zz+-");
  minutes offset{0};
  if (zone == '+' || zone == '-') {
    const int offset_hours = scan.number(2);
    scan.one_of(":");
    const int offset_minutes = scan.number(2);
    if (offset_hours > 23 || offset_minutes > 59) scan.reject();
    offset = hours{offset_hours} + minutes{offset_minutes};
    if (zone == '-') offset = -offset;
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!scan.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) scan.reject();
  return TimePoint{sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute} +
                   seconds{second} + fraction - offset};
}

}  // namespace mimar
