#include "trainer/search/settings_text.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"

namespace mimar::trainer {
namespace {

constexpr std::string_view kFlag = "--algorithm-settings";

/// Python's way of writing JSON, which Katib's trials are given: single quotes, None.
Json parse_katib_json(const std::string& text, std::string_view flag) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_discarded()) return json;
  std::string changed = text;
  std::ranges::replace(changed, '\'', '"');
  json = Json::parse(changed, nullptr, /*allow_exceptions=*/false);
  require(!json.is_discarded(), flag, " is no JSON: ", text.substr(0, 80));
  return json;
}

/// Spaces around the names do not count.
std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream in(text);
  for (std::string name; std::getline(in, name, ',');) {
    const std::size_t first = name.find_first_not_of(' ');
    if (first == name.npos) continue;
    names.push_back(name.substr(first, name.find_last_not_of(' ') + 1 - first));
  }
  return names;
}

}  // namespace

SettingsText::SettingsText(const std::string& text) : settings_(Json::object()) {
  if (text.empty()) return;
  settings_ = parse_katib_json(text, kFlag);
  require(settings_.is_object(), kFlag,
          " must be an object of settings, {\"num_epochs\": 50}, not ", settings_.type_name());
  for (const auto& [name, value] : settings_.items()) {
    require(value.is_string() || value.is_number() || value.is_boolean() || value.is_null(), kFlag,
            ": ", name, " must be a number or a text, not ", value.type_name());
  }
}

std::optional<std::string> SettingsText::take(std::string_view name) {
  known_.emplace_back(name);
  const auto found = settings_.find(name);
  if (found == settings_.end() || found->is_null()) return std::nullopt;
  std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  if (text == "None" || text.empty()) return std::nullopt;
  return text;
}

void SettingsText::read(std::string_view name, std::optional<std::int64_t>& target,
                        std::int64_t min) {
  const auto text = take(name);
  if (!text) return;
  const auto value = find_integer(*text);
  require(value && *value >= min, kFlag, ": ", name, " must be a whole number of at least ", min,
          ", not \"", *text, "\"");
  target = *value;
}

void SettingsText::read(std::string_view name, std::int64_t& target, std::int64_t min) {
  std::optional<std::int64_t> value = target;
  read(name, value, min);
  target = *value;
}

void SettingsText::read(std::string_view name, int& target, int min) {
  std::int64_t value = target;
  read(name, value, min);
  require(value <= std::numeric_limits<int>::max(), kFlag, ": ", name, " is too large: ", value);
  target = static_cast<int>(value);
}

void SettingsText::read(std::string_view name, double& target, double min, double max) {
  const auto text = take(name);
  if (!text) return;
  const auto value = find_double(*text);
  require(value && *value >= min && *value <= max, kFlag, ": ", name, " must be a number from ",
          to_text(min), max < std::numeric_limits<double>::max() ? " to " + to_text(max) : " on",
          ", not \"", *text, "\"");
  target = *value;
}

void SettingsText::read(std::string_view name, bool& target) {
  const std::size_t otherwise = target ? 0 : 1;
  target = read(name, {"true", "false"}, otherwise) == 0;
}

std::size_t SettingsText::read(std::string_view name, std::initializer_list<std::string_view> words,
                               std::size_t otherwise) {
  const auto text = take(name);
  if (!text) return otherwise;
  const auto found = std::ranges::find(words, std::string_view(*text));
  std::string all;
  for (const std::string_view word : words) all += concat(all.empty() ? "" : ", ", word);
  require(found != words.end(), kFlag, ": ", name, " must be one of ", all, ", not \"", *text,
          "\"");
  return static_cast<std::size_t>(found - words.begin());
}

void SettingsText::skip(std::string_view name) { take(name); }

void SettingsText::finish() const {
  for (const auto& [name, value] : settings_.items()) {
    if (std::ranges::find(known_, name) != known_.end()) continue;
    const auto nearest = find_nearest_name(name, known_);
    fail(ErrorCode::kInvalidArgument, kFlag, ": unknown setting \"", name, "\"",
         nearest ? concat("; did you mean ", *nearest, "?") : "");
  }
}

std::vector<std::string> parse_name_list(const std::string& text, std::string_view flag) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  if (text.find_first_of("[{'\"") == text.npos) return split_at_commas(text);
  const Json list = parse_katib_json(text, flag);
  require(list.is_array(), flag, " must be a list of operations, [\"sep_conv_3x3\", ...], not ",
          list.type_name());
  for (const Json& name : list) {
    require(name.is_string(), flag, ": an operation's name is a text, not ", name.dump());
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace mimar::trainer
