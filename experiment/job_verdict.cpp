#include "experiment/job_verdict.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace mimar::experiment {
namespace {

/// Go reads JSON members in any letter case.
std::string text_of(const Json& object, std::string_view wanted) {
  for (const auto& [key, value] : object.items()) {
    const bool is_it = std::equal(key.begin(), key.end(), wanted.begin(), wanted.end(),
                                  [](unsigned char a, char b) { return std::tolower(a) == b; });
    if (is_it && value.is_string()) return value.get<std::string>();
  }
  return "";
}

/// The object that a condition has found.
std::optional<Json> find_object(const GjsonPath& condition, const Json& job) {
  std::optional<Json> found = condition.find(job);
  if (found && found->is_array()) {
    if (found->empty()) return std::nullopt;
    found = Json(found->front());
  }
  if (!found || !found->is_object()) return std::nullopt;
  return found;
}

}  // namespace

JobConditions::JobConditions(const std::string& success, const std::string& failure)
    : success_(success), failure_(failure) {}

JobVerdict JobConditions::judge(const Json& job) const {
  const auto verdict = [](JobVerdict::State state, const Json& found) {
    return JobVerdict{
        .state = state, .reason = text_of(found, "reason"), .message = text_of(found, "message")};
  };
  if (const auto found = find_object(failure_, job)) {
    return verdict(JobVerdict::State::kFailed, *found);
  }
  if (const auto found = find_object(success_, job)) {
    return verdict(JobVerdict::State::kSucceeded, *found);
  }
  return {};
}

}  // namespace mimar::experiment
