#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace mimar::experiment {

// Reading the object that the field check has left: what is there has the right type, but anything
// may be missing (it was reported), and items of lists may be null.

/// The member of an object, or null when there is none or it is null.
inline const Json* find_member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// The member that a dotted path of keys without dots leads to, or null.
inline const Json* find_path(const Json& object, std::string_view path) {
  const Json* at = &object;
  while (at != nullptr && !path.empty()) {
    const std::size_t dot = path.find('.');
    at = find_member(*at, path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at;
}

/// The text at a path, or "".
inline std::string text_at(const Json& object, std::string_view path) {
  const Json* found = find_path(object, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::optional<double> number_at(const Json& object, std::string_view path) {
  const Json* found = find_path(object, path);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

inline std::optional<std::int64_t> integer_at(const Json& object, std::string_view path) {
  const Json* found = find_path(object, path);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

inline bool flag_at(const Json& object, std::string_view path, bool absent) {
  const Json* found = find_path(object, path);
  return found != nullptr && found->is_boolean() ? found->get<bool>() : absent;
}

/// The list at a path; empty when there is none.
inline const Json& list_at(const Json& object, std::string_view path) {
  static const Json kEmpty = Json::array();
  const Json* found = find_path(object, path);
  return found != nullptr && found->is_array() ? *found : kEmpty;
}

/// The map at a path; empty when there is none.
inline const Json& map_at(const Json& object, std::string_view path) {
  static const Json kEmpty = Json::object();
  const Json* found = find_path(object, path);
  return found != nullptr && found->is_object() ? *found : kEmpty;
}

}  // namespace mimar::experiment
