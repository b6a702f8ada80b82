#include "cli/run/overrides.h"

#include <algorithm>
#include <variant>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::cli {
namespace {

using Step = std::variant<std::string, std::size_t>;

[[noreturn]] void fail_path(std::string_view path, std::string_view why) {
  fail(
      ErrorCode::kInvalidArgument, "--set ", path, ": ", why,
      "; write for example --set objective.goal=0.95 or --set parameters[0].feasibleSpace.max=0.1");
}

std::vector<Step> parse_path(std::string_view path) {
  std::vector<Step> steps;
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] == '[') {
      const std::size_t close = path.find(']', at);
      if (close == std::string_view::npos) fail_path(path, "[ without ]");
      const auto index = find_integer(path.substr(at + 1, close - at - 1));
      if (!index || *index < 0) fail_path(path, "between [ and ] comes a number");
      steps.emplace_back(static_cast<std::size_t>(*index));
      at = close + 1;
      if (at < path.size() && path[at] == '.') ++at;
      continue;
    }
    const std::size_t end = std::min(path.find_first_of(".[", at), path.size());
    if (end == at) fail_path(path, "a name is missing");
    steps.emplace_back(std::string(path.substr(at, end - at)));
    at = end < path.size() && path[end] == '.' ? end + 1 : end;
    if (end < path.size() && at == path.size()) fail_path(path, "a name is missing");
  }
  if (steps.empty()) fail_path(path, "a name is missing");
  const auto* first = std::get_if<std::string>(&steps.front());
  if (first == nullptr) fail_path(path, "a path starts with a name");
  if (*first != "spec" && *first != "metadata") steps.insert(steps.begin(), std::string("spec"));
  return steps;
}

Json& descend(Json& at, const Step& step, std::string_view path) {
  if (const auto* index = std::get_if<std::size_t>(&step)) {
    if (!at.is_array()) fail_path(path, "there is no list");
    if (*index >= at.size()) fail_path(path, concat("the list has ", at.size(), " entries only"));
    return at[*index];
  }
  if (!at.is_object() && !at.is_null()) fail_path(path, "the path leads through a value");
  return at[std::get<std::string>(step)];
}

Json parse_value(std::string_view text, const Json& former) {
  if (former.is_string()) return std::string(text);
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(std::string(text)) : value;
}

/// A smaller budget takes the counts down that may not exceed it: who asks for two trials means no
/// more than two at once.
void set_budget(Json& spec, int max_trials) {
  spec["maxTrialCount"] = max_trials;
  for (const char* bounded : {"parallelTrialCount", "maxFailedTrialCount"}) {
    const auto count = spec.find(bounded);
    if (count != spec.end() && count->is_number_integer() && *count > max_trials) {
      *count = max_trials;
    }
  }
}

}  // namespace

void set_field(Json& object, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) fail_path(assignment, "there is no =");
  const std::string_view path = assignment.substr(0, equals);
  Json* at = &object;
  for (const Step& step : parse_path(path)) at = &descend(*at, step, path);
  *at = parse_value(assignment.substr(equals + 1), *at);
}

void apply_overrides(Json& object, const Overrides& overrides) {
  for (const std::string& assignment : overrides.assignments) set_field(object, assignment);
  if (overrides.max_trials) set_budget(object["spec"], *overrides.max_trials);
  if (overrides.parallel) object["spec"]["parallelTrialCount"] = *overrides.parallel;
  if (!overrides.name.empty()) {
    object["metadata"]["name"] = overrides.name;
    object["metadata"].erase("generateName");
  }
}

}  // namespace mimar::cli
