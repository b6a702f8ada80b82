// Where placeholders stand in a job.

#include <algorithm>

#include "base/error.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

constexpr std::string_view kOpen = "${trialParameters.";

/// Calls `visit(name)` for each ${trialParameters.NAME} in the text, NAME not empty.
template <class Visit>
void for_each_placeholder(std::string_view text, Visit&& visit) {
  for (std::size_t at = text.find(kOpen); at != std::string_view::npos;
       at = text.find(kOpen, at + kOpen.size())) {
    const std::size_t start = at + kOpen.size();
    const std::size_t end = text.find('}', start + 1);
    if (end == std::string_view::npos) return;
    visit(text.substr(start, end - start));
  }
}

/// True when the text is one placeholder and nothing else.
bool is_one_placeholder(std::string_view text) {
  return text.starts_with(kOpen) && text.find('}') + 1 == text.size();
}

/// True for "--flag=${..}".
bool is_flag_with_placeholder(std::string_view text) {
  const std::size_t equals = text.find('=');
  return text.starts_with('-') && equals != std::string_view::npos &&
         is_one_placeholder(text.substr(equals + 1));
}

class PlaceholderFinder {
 public:
  std::vector<PlaceholderUse> uses;

  void visit(const Json& json, const std::string& path) {
    if (json.is_string()) {
      add(json.get_ref<const std::string&>(), path, false);
    } else if (json.is_array()) {
      visit_list(json, path);
    } else if (json.is_object()) {
      for (const auto& [key, value] : json.items()) {
        const std::string child = concat(path, '.', key);
        for_each_placeholder(key, [&](std::string_view name) {
          uses.push_back({.name = std::string(name), .path = child, .in_key = true});
        });
        visit(value, child);
      }
    }
  }

 private:
  void add(std::string_view text, const std::string& path, bool may_vanish) {
    for_each_placeholder(text, [&](std::string_view name) {
      uses.push_back({.name = std::string(name), .path = path, .may_vanish = may_vanish});
    });
  }

  void visit_list(const Json& list, const std::string& path) {
    const bool is_arguments = path.ends_with(".command") || path.ends_with(".args");
    const bool is_environment = path.ends_with(".env");
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string item = concat(path, '[', i, ']');
      if (is_arguments && list[i].is_string()) {
        const auto& text = list[i].get_ref<const std::string&>();
        const bool follows_flag = i > 0 && list[i - 1].is_string() &&
                                  list[i - 1].get_ref<const std::string&>().starts_with('-');
        add(text, item,
            is_flag_with_placeholder(text) || (is_one_placeholder(text) && follows_flag));
      } else if (is_environment && list[i].is_object() && list[i].contains("value") &&
                 list[i]["value"].is_string()) {
        const auto& text = list[i]["value"].get_ref<const std::string&>();
        add(text, item + ".value", is_one_placeholder(text));
        Json rest = list[i];
        rest.erase("value");
        visit(rest, item);
      } else {
        visit(list[i], item);
      }
    }
  }
};

}  // namespace

std::vector<PlaceholderUse> find_placeholders(const Json& trial_spec, const std::string& path) {
  PlaceholderFinder finder;
  finder.visit(trial_spec, path);
  return std::move(finder.uses);
}

}  // namespace mimar::experiment
