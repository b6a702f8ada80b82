#include "hpo/early_stopping/early_stopper.h"

#include <algorithm>

#include "base/error.h"
#include "base/number_text.h"
#include "hpo/early_stopping/median_stopper.h"
#include "hpo/settings.h"

namespace mimar::hpo {
namespace {

constexpr std::string_view kMedianStop = "medianstop";
constexpr const char* kMinTrials = "min_trials_required";
constexpr const char* kStartStep = "start_step";
constexpr const char* kStatistic = "statistic";

const std::vector<SettingHelp>& median_settings() {
  static const std::vector<SettingHelp> settings = {
      {kMinTrials, "3", "Trials that must have succeeded before one is stopped."},
      {kStartStep, "4", "Reported steps after which a trial may be stopped."},
      {kStatistic, "median",
       "What the others' averages are summed up to: median, or mean as Katib has it."}};
  return settings;
}

/// Katib's text when a whole number is below 1, and its text when it is none.
std::string fault_of_count(const std::string& name, const std::string& text,
                           std::string_view limit) {
  const std::optional<std::int64_t> number = find_integer(text);
  if (!number) return concat("failed to validate ", name, "(", text, "): not a whole number");
  return *number >= 1 ? std::string() : concat(name, " must be ", limit);
}

std::string fault_of(const std::string& name, const std::string& text) {
  if (name == kMinTrials) return fault_of_count(name, text, "greater than zero (>0)");
  if (name == kStartStep) return fault_of_count(name, text, "greater or equal than one (>=1)");
  if (name != kStatistic) {
    return concat("unknown setting ", name, " for algorithm ", kMedianStop);
  }
  return text == "median" || text == "mean" ? "" : "statistic must be median or mean";
}

}  // namespace

std::vector<std::string> early_stopping_names() { return {std::string(kMedianStop)}; }

std::vector<SettingHelp> early_stopping_settings(std::string_view name) {
  if (name != kMedianStop) fail(ErrorCode::kNotFound, "unknown algorithm name ", name);
  return median_settings();
}

std::vector<SettingProblem> validate_early_stopping(std::string_view name,
                                                    const Settings& settings) {
  if (name != kMedianStop) return {{"", concat("unknown algorithm name ", name)}};
  std::vector<SettingProblem> problems;
  for (const auto& [setting, text] : settings) {
    std::string fault = fault_of(setting, text);
    if (!fault.empty()) problems.push_back({setting, std::move(fault)});
  }
  return problems;
}

std::unique_ptr<EarlyStopper> make_early_stopper(std::string_view name, const Settings& settings,
                                                 Direction direction) {
  for (const SettingProblem& problem : validate_early_stopping(name, settings)) {
    fail(ErrorCode::kInvalidArgument, problem.message);
  }
  const auto statistic = settings.find(kStatistic);
  return std::make_unique<MedianStopper>(
      MedianOptions{.direction = direction,
                    .min_trials_required = integer_setting(settings, kMinTrials, 3),
                    .start_step = integer_setting(settings, kStartStep, 4),
                    .takes_mean = statistic != settings.end() && statistic->second == "mean"});
}

}  // namespace mimar::hpo
