#pragma once

#include <string>
#include <vector>

namespace mimar::draw {

/// A marked value of an axis and what is written beside it.
struct Tick {
  double value = 0.0;
  std::string text;

  bool operator==(const Tick&) const = default;
};

/// Values at which ticks stand, and the ends of an axis that fits them.
struct TickRange {
  double low = 0.0;
  double high = 1.0;
  std::vector<Tick> ticks;

  bool operator==(const TickRange&) const = default;
};

/// A number near `x` of the form 1, 2, 5 or 10 times a power of ten: the nearest, or with `above`
/// one that is not smaller than about x. Needs x > 0.
/// Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990, pp. 61-63 (nicenum).
double nice_number(double x, bool above);

/// Round values from below `low` to above `high`, about `count` of them: the ends of the axis lie
/// on ticks (Heckbert's loose labels). A range without extent is widened first.
TickRange loose_ticks(double low, double high, int count);

/// The round values within [low, high], about `count` of them; the ends stay as they are. With
/// `whole`, whole numbers only.
TickRange inner_ticks(double low, double high, int count, bool whole = false);

/// Round values within [low, high] of a logarithmic axis: powers of ten, every second or third one
/// when there are many, and the 2s and 5s between when there are few; over less than that the
/// round values of a linear axis. Needs 0 < low <= high.
TickRange log_ticks(double low, double high, int count);

/// Lengths of time from 0 on, with the unit that suits them. Needs seconds >= 0.
struct TimeTicks {
  TickRange range;   // in seconds
  std::string unit;  // "seconds", "minutes", "hours" or "days"
};
TimeTicks time_ticks(double seconds, int count);

/// The value with so many decimals.
std::string fixed_text(double value, int decimals);

/// The value in four significant digits.
std::string short_number(double value);

}  // namespace mimar::draw
