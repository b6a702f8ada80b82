#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hpo/sampler.h"

namespace mimar::hpo {

/// What a setting's number must satisfy; the texts of violations are Katib's.
enum class SettingRange : std::uint8_t {
  kNonNegative,
  kPositive,
  kBetweenZeroAndOne,
  kAboveZeroUpToOne,
};

/// One setting of an algorithm: its help, and how its text is checked.
struct SettingRule {
  SettingHelp help;
  bool whole = true;  // a whole number, else any
  SettingRange range = SettingRange::kNonNegative;
  bool may_be_none = false;               // the text "None" switches it off
  std::vector<std::string> choices = {};  // one of these texts instead of a number
};

/// Checks every setting against the rules; a name without a rule is a fault too.
void check_settings(std::string_view algorithm, const std::vector<SettingRule>& rules,
                    const Settings& settings, std::vector<SettingProblem>& problems);

/// The value of a checked setting, or `otherwise` where it is not given.
int integer_setting(const Settings& settings, std::string_view name, int otherwise);
double real_setting(const Settings& settings, std::string_view name, double otherwise);

}  // namespace mimar::hpo
