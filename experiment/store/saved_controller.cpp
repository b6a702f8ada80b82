#include "experiment/store/saved_controller.h"

#include <algorithm>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::experiment {
namespace {

/// RFC 1123: lower-case letters, digits and inner hyphens, at most 63.
bool is_dns_label(std::string_view text) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace

ControllerName parse_controller_name(std::string_view text) {
  const std::size_t at = text.find('@');
  ControllerName parsed{std::string(text.substr(0, at))};
  require(is_dns_label(parsed.name), "a controller is named by lower-case letters, digits and ",
          "hyphens, at most 63: ", text.substr(0, 100));
  if (at == std::string_view::npos) return parsed;
  const std::optional<std::int64_t> version = find_integer(text.substr(at + 1));
  require(version && *version >= 1 && *version <= 1'000'000'000,
          "a controller's version is a whole number from 1 on, as in NAME@2: ", text);
  parsed.version = static_cast<int>(*version);
  return parsed;
}

std::optional<SavedController> find_controller(const std::vector<SavedController>& controllers,
                                               const ControllerName& name) {
  std::optional<SavedController> found;
  for (const SavedController& controller : controllers) {
    if (controller.name != name.name) continue;
    if (name.version && controller.version != *name.version) continue;
    if (!found || found->version < controller.version) found = controller;
  }
  return found;
}

}  // namespace mimar::experiment
