#include "experiment/gjson_path.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/error.h"
#include "experiment/gjson_parser.h"

namespace mimar::experiment {
namespace {

/// `*` stands for any characters, `?` for one, `\` takes the next as it is.
bool matches_pattern(std::string_view text, std::string_view pattern) {
  while (!pattern.empty()) {
    if (pattern.front() == '*') {
      while (pattern.starts_with('*')) pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      for (; !text.empty(); text.remove_prefix(1)) {
        if (matches_pattern(text, pattern)) return true;
      }
      return matches_pattern(text, pattern);
    }
    if (text.empty()) return false;
    const bool is_any = pattern.front() == '?';
    if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
    if (!is_any && pattern.front() != text.front()) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  return text.empty();
}

std::optional<std::size_t> find_index(std::string_view text) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return index;
}

const Json* find_member(const Json& value, const std::string& key) {
  if (value.is_array()) {
    const auto index = find_index(key);
    return index && *index < value.size() ? &value[*index] : nullptr;
  }
  if (!value.is_object()) return nullptr;
  for (const auto& [name, member] : value.items()) {
    if (matches_pattern(name, key)) return &member;
  }
  return nullptr;
}

template <class T>
bool compares(const T& left, const std::string& op, const T& right) {
  if (op == "=") return left == right;
  if (op == "!=") return left != right;
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  if (op == ">=") return left >= right;
  return false;
}

bool matches_truth(bool value, const std::string& op, const std::string& wanted) {
  if (op == "=") return wanted == (value ? "true" : "false");
  if (op == "!=") return wanted != (value ? "true" : "false");
  if (op == ">=") return value;
  if (op == "<=") return !value;
  if (op == ">") return value && wanted == "false";
  return op == "<" && !value && wanted == "true";
}

/// How gjson compares: by the type of what was found, the wanted text read as that type.
bool matches_value(const Json& found, const std::string& op, const std::string& wanted) {
  if (found.is_string()) {
    const auto& text = found.get_ref<const std::string&>();
    if (op == "%" || op == "!%") return matches_pattern(text, wanted) == (op == "%");
    return compares(text, op, wanted);
  }
  if (found.is_number()) {
    return compares(found.get<double>(), op, std::strtod(wanted.c_str(), nullptr));
  }
  return found.is_boolean() && matches_truth(found.get<bool>(), op, wanted);
}

}  // namespace

GjsonPath::GjsonPath(std::string_view text) {
  try {
    *this = GjsonParser(text).parse();
  } catch (const GjsonMistake& mistake) {
    fail(ErrorCode::kInvalidArgument, "no GJSON path, at character ", mistake.offset + 1, " of ",
         text, ": ", mistake.message, mistake.help.empty() ? "" : "; ", mistake.help);
  }
}

std::optional<GjsonMistake> GjsonPath::find_mistake(std::string_view text) {
  try {
    GjsonParser(text).parse();
    return std::nullopt;
  } catch (const GjsonMistake& mistake) {
    return mistake;
  }
}

std::optional<Json> GjsonPath::find(const Json& document) const {
  std::optional<Json> found = document;
  for (std::size_t begin = 0; begin < steps_.size() && found;) {
    std::size_t end = begin + 1;
    while (end < steps_.size() && !steps_[end].starts_pipe) ++end;
    found = follow(*found, begin, end);
    begin = end;
  }
  return found;
}

std::optional<Json> GjsonPath::follow(const Json& value, std::size_t begin, std::size_t end) const {
  if (begin == end) return value;
  const Step& step = steps_[begin];
  switch (step.kind) {
    case Kind::kThis:
      return follow(value, begin + 1, end);
    case Kind::kMultipath: {
      Json list = Json::array();
      for (const GjsonPath& path : step.paths) {
        if (auto found = path.find(value)) list.push_back(std::move(*found));
      }
      return follow(list, begin + 1, end);
    }
    case Kind::kKey: {
      const Json* member = find_member(value, step.text);
      if (member == nullptr) return std::nullopt;
      return follow(*member, begin + 1, end);
    }
    case Kind::kEach:
      if (!value.is_array()) return std::nullopt;
      return begin + 1 == end ? Json(value.size()) : follow_each(value, begin + 1, end);
    case Kind::kQuery:
      break;
  }
  if (!value.is_array()) return std::nullopt;
  Json matching = Json::array();
  for (const Json& element : value) {
    if (!matches(step, element)) continue;
    if (!step.finds_all) return follow(element, begin + 1, end);
    matching.push_back(element);
  }
  if (!step.finds_all) return std::nullopt;
  return follow_each(matching, begin + 1, end);
}

std::optional<Json> GjsonPath::follow_each(const Json& elements, std::size_t begin,
                                           std::size_t end) const {
  Json list = Json::array();
  for (const Json& element : elements) {
    if (auto found = follow(element, begin, end)) list.push_back(std::move(*found));
  }
  return list;
}

bool GjsonPath::matches(const Step& query, const Json& element) {
  if (query.paths.empty()) return matches_value(element, query.op, query.value);
  if (!element.is_structured()) return false;
  const std::optional<Json> found = query.paths.front().find(element);
  return found && (query.op.empty() || matches_value(*found, query.op, query.value));
}

}  // namespace mimar::experiment
