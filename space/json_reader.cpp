#include "space/json_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/nearest_name.h"

namespace mimar::space {

void JsonReader::reject(std::string_view message) const {
  fail(ErrorCode::kInvalidArgument, path_, path_.empty() ? "" : ": ", message);
}

void JsonReader::require_keys(std::initializer_list<std::string_view> required,
                              std::initializer_list<std::string_view> optional) const {
  if (!value_.is_object()) reject(concat("expected an object, got ", value_.type_name()));
  std::vector<std::string> known(required.begin(), required.end());
  known.insert(known.end(), optional.begin(), optional.end());
  for (const auto& [key, value] : value_.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto nearest = find_nearest_name(key, known);
    reject(concat("unknown key \"", key.substr(0, 64), "\"",
                  nearest ? concat("; did you mean \"", *nearest, "\"?") : ""));
  }
  for (const std::string_view key : required) {
    if (!has(key)) reject(concat("key \"", key, "\" is missing"));
  }
}

bool JsonReader::has(std::string_view key) const {
  return value_.is_object() && value_.find(std::string(key)) != value_.end();
}

JsonReader JsonReader::at(std::string_view key) const {
  return JsonReader(value_.at(std::string(key)), concat(path_, path_.empty() ? "" : ".", key));
}

std::vector<JsonReader> JsonReader::elements(std::size_t least, std::size_t most) const {
  if (!value_.is_array()) reject(concat("expected an array, got ", value_.type_name()));
  if (value_.size() < least || value_.size() > most) {
    reject(least == most
               ? concat("expected ", least, " elements, got ", value_.size())
               : concat("expected ", least, " to ", most, " elements, got ", value_.size()));
  }
  std::vector<JsonReader> readers;
  for (const Json& element : value_) {
    readers.emplace_back(element, concat(path_, "[", readers.size(), "]"));
  }
  return readers;
}

std::vector<std::pair<std::string, JsonReader>> JsonReader::members(std::size_t most) const {
  if (!value_.is_object()) reject(concat("expected an object, got ", value_.type_name()));
  if (value_.size() > most) {
    reject(concat("expected at most ", most, " members, got ", value_.size()));
  }
  std::vector<std::pair<std::string, JsonReader>> readers;
  for (const auto& [key, value] : value_.items()) {
    readers.emplace_back(key, JsonReader(value, concat(path_, ".", key.substr(0, 64))));
  }
  return readers;
}

std::int64_t JsonReader::integer() const {
  if (!value_.is_number_integer() ||
      (value_.is_number_unsigned() &&
       value_.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())) {
    reject("expected a whole number of 64 bits");
  }
  return value_.get<std::int64_t>();
}

double JsonReader::number() const {
  if (!value_.is_number()) reject(concat("expected a number, got ", value_.type_name()));
  const auto number = value_.get<double>();
  if (!std::isfinite(number)) reject("expected a finite number");
  return number;
}

int JsonReader::whole(int low, int high) const {
  if (!value_.is_number_integer()) {
    reject(concat("expected a whole number, got ",
                  value_.is_number() ? "a fraction" : value_.type_name()));
  }
  const bool fits = value_.is_number_unsigned()
                        ? value_.get<std::uint64_t>() <= static_cast<std::uint64_t>(high)
                        : value_.get<std::int64_t>() <= high;
  const bool reaches = value_.is_number_unsigned() ? low < 0 || value_.get<std::uint64_t>() >=
                                                                    static_cast<std::uint64_t>(low)
                                                   : value_.get<std::int64_t>() >= low;
  if (!fits || !reaches) {
    reject(concat("must be from ", low, " to ", high, ", got ", value_.dump()));
  }
  return value_.get<int>();
}

std::string JsonReader::text(std::size_t most, std::size_t least) const {
  if (!value_.is_string()) reject(concat("expected a text, got ", value_.type_name()));
  const auto& text = value_.get_ref<const std::string&>();
  if (text.size() < least || text.size() > most) {
    reject(concat("expected a text of ", least, " to ", most, " bytes, got ", text.size()));
  }
  return text;
}

Json parse_bounded_json(std::string_view text, std::size_t most_bytes, int most_levels) {
  require(text.size() <= most_bytes, "the text is longer than ", most_bytes,
          " bytes: ", text.size());
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    require(depth <= most_levels, "nested deeper than ", most_levels, " levels");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      require(keys.back().insert(key).second, "key \"", key.substr(0, 64), "\" stands twice");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::exception& error) {
    // Foreign text ends up in front of users: keep the place, drop the library's name.
    const std::string_view what = error.what();
    const std::size_t colon = what.find("parse error");
    fail(ErrorCode::kInvalidArgument,
         "not JSON: ", colon == std::string_view::npos ? what : what.substr(colon));
  }
}

}  // namespace mimar::space
