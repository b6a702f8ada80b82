#include "base/nearest_name.h"

#include <algorithm>
#include <vector>

namespace mimar {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// True when `name` is the first half or more of `whole`. Fewer than four letters begin too much.
bool is_beginning(std::string_view name, std::string_view whole) {
  return name.size() >= 4 && name.size() < whole.size() && whole.size() <= 2 * name.size() &&
         std::equal(name.begin(), name.end(), whole.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_ago(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] =
          std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        current[j] = std::min(current[j], two_ago[j - 2] + 1);
      }
    }
    std::swap(two_ago, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::optional<std::string> find_nearest_name(std::string_view name,
                                             std::span<const std::string> known) {
  std::size_t best = 3;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best && 2 * distance < name.size() + 1) {
      best = distance;
      nearest = &candidate;
    }
  }
  if (nearest != nullptr) return *nearest;
  for (const std::string& candidate : known) {
    const bool is_shorter = nearest == nullptr || candidate.size() < nearest->size();
    if (is_shorter && is_beginning(name, candidate)) nearest = &candidate;
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

}  // namespace mimar
