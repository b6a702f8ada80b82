#include "base/quantity.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/number_text.h"

namespace mimar {
namespace {

constexpr double kKibi = 1024.0;

constexpr std::array<std::pair<std::string_view, double>, 16> kUnits{{
    {"Ki", kKibi},
    {"Mi", kKibi* kKibi},
    {"Gi", kKibi* kKibi* kKibi},
    {"Ti", kKibi* kKibi* kKibi* kKibi},
    {"Pi", kKibi* kKibi* kKibi* kKibi* kKibi},
    {"Ei", kKibi* kKibi* kKibi* kKibi* kKibi* kKibi},
    {"n", 1e-9},
    {"u", 1e-6},
    {"m", 1e-3},
    {"k", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"T", 1e12},
    {"P", 1e15},
    {"E", 1e18},
    {"", 1.0},
}};

}  // namespace

std::optional<double> find_quantity(std::string_view text) {
  // A sign, a space or a word in front, and what find_double() takes beyond: inf, nan.
  if (text.find_first_of("0123456789.") != 0) return std::nullopt;
  for (const auto& [unit, factor] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto number = find_double(text.substr(0, text.size() - unit.size()));
    if (!number || !std::isfinite(*number)) return std::nullopt;
    return *number * factor;
  }
  return std::nullopt;
}

std::string to_memory_text(std::int64_t bytes) {
  double amount = static_cast<double>(bytes);
  const char* unit = "bytes";
  for (const char* larger : {"KiB", "MiB", "GiB", "TiB"}) {
    if (amount < kKibi) break;
    amount /= kKibi;
    unit = larger;
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*g %s", amount < 1000.0 ? 3 : 4, amount, unit);
  return text.data();
}

}  // namespace mimar
