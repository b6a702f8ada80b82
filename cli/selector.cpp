#include "cli/selector.h"

#include <algorithm>

#include "base/error.h"

namespace mimar::cli {
namespace {

/// Letters, digits and what may stand between them; `key in (a, b)` of kubectl's is none.
bool is_label_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./").find(c) != std::string_view::npos;
  });
}

}  // namespace

Selector::Selector(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    at = end + 1;
    Requirement requirement;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      requirement.any_value = true;
      requirement.negated = part.starts_with('!');
      requirement.key = part.substr(requirement.negated ? 1 : 0);
    } else {
      requirement.negated = equals > 0 && part[equals - 1] == '!';
      requirement.key = part.substr(0, equals - (requirement.negated ? 1 : 0));
      std::string_view value = part.substr(equals + 1);
      if (!requirement.negated && value.starts_with('=')) value.remove_prefix(1);
      requirement.value = value;
    }
    require(
        is_label_key(requirement.key),
        "not a label selector (write key=value, key!=value, key or !key, with commas between): ",
        text);
    requirements_.push_back(std::move(requirement));
  }
}

bool Selector::matches(const std::map<std::string, std::string>& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& one) {
    const auto found = labels.find(one.key);
    const bool holds = found != labels.end() && (one.any_value || found->second == one.value);
    return holds != one.negated;
  });
}

}  // namespace mimar::cli
