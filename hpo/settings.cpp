#include "hpo/settings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::hpo {
namespace {

std::optional<double> find_number(const SettingRule& rule, std::string_view text) {
  if (!rule.whole) {
    const std::optional<double> number = find_double(text);
    return number && std::isfinite(*number) ? number : std::nullopt;
  }
  const std::optional<std::int64_t> number = find_integer(text);
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

std::string_view violation(SettingRange range, double number) {
  switch (range) {
    case SettingRange::kNonNegative:
      return number >= 0.0 ? "" : " should be great or equal than zero";
    case SettingRange::kPositive:
      return number > 0.0 ? "" : " should be great than zero";
    case SettingRange::kBetweenZeroAndOne:
      return number > 0.0 && number < 1.0 ? "" : " should be in the range of (0, 1)";
    case SettingRange::kAboveZeroUpToOne:
      return number > 0.0 && number <= 1.0 ? "" : " should be in the range of (0, 1]";
  }
  return "";
}

/// "-1 < 0": why a number violates the range.
std::string detail(SettingRange range, std::string_view number) {
  switch (range) {
    case SettingRange::kNonNegative:
      return concat(number, " < 0");
    case SettingRange::kPositive:
      return concat(number, " <= 0");
    case SettingRange::kBetweenZeroAndOne:
      return concat(number, " is not between 0 and 1");
    case SettingRange::kAboveZeroUpToOne:
      return concat(number, " is not above 0 and at most 1");
  }
  return {};
}

void check_number(const SettingRule& rule, const std::string& name, const std::string& text,
                  std::vector<SettingProblem>& problems) {
  const std::optional<double> number = find_number(rule, text);
  if (!number) {
    problems.push_back(
        {name, concat("failed to validate ", name, "(", text, "): not a ",
                      rule.whole ? "whole number" : "number", rule.may_be_none ? " or None" : "")});
  } else if (const auto fault = violation(rule.range, *number); !fault.empty()) {
    problems.push_back({name, concat(name, fault), detail(rule.range, text)});
  }
}

void check_choice(const SettingRule& rule, const std::string& name, const std::string& text,
                  std::vector<SettingProblem>& problems) {
  if (std::ranges::find(rule.choices, text) != rule.choices.end()) return;
  std::string list;
  for (const std::string& choice : rule.choices) list += (list.empty() ? "" : ", ") + choice;
  problems.push_back({name, concat(name, " should be one of ", list), concat("\"", text, "\"")});
}

}  // namespace

void check_settings(std::string_view algorithm, const std::vector<SettingRule>& rules,
                    const Settings& settings, std::vector<SettingProblem>& problems) {
  for (const auto& [name, text] : settings) {
    const auto rule = std::ranges::find(rules, name, [](const auto& one) { return one.help.name; });
    if (rule == rules.end()) {
      // Katib's ENAS service has words of its own.
      problems.push_back(
          {name, algorithm == "enas"
                     ? concat("Unknown Algorithm Setting name: ", name)
                     : concat("unknown setting ", name, " for algorithm ", algorithm)});
      continue;
    }
    if (rule->may_be_none && text == "None") continue;
    if (rule->choices.empty()) {
      check_number(*rule, name, text, problems);
    } else {
      check_choice(*rule, name, text, problems);
    }
  }
}

int integer_setting(const Settings& settings, std::string_view name, int otherwise) {
  const auto found = settings.find(name);
  if (found == settings.end()) return otherwise;
  const std::optional<std::int64_t> number = find_integer(found->second);
  require(number.has_value(), name, " must be a whole number: ", found->second);
  // What is beyond an int is beyond any use of these settings, too.
  return static_cast<int>(std::clamp<std::int64_t>(*number, 0, std::numeric_limits<int>::max()));
}

double real_setting(const Settings& settings, std::string_view name, double otherwise) {
  const auto found = settings.find(name);
  if (found == settings.end()) return otherwise;
  const std::optional<double> number = find_double(found->second);
  require(number.has_value(), name, " must be a number: ", found->second);
  return *number;
}

}  // namespace mimar::hpo
