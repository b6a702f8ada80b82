#include "experiment/enqueued_trial.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/nearest_name.h"
#include "base/number_text.h"

namespace mimar::experiment {

namespace {

const space::Parameter& get_parameter(const space::SearchSpace& space, const std::string& name) {
  if (const space::Parameter* parameter = space.find(name)) return *parameter;
  std::vector<std::string> known;
  for (const space::Parameter& parameter : space.parameters()) known.push_back(parameter.name);
  const auto nearest = find_nearest_name(name, known);
  fail(ErrorCode::kInvalidArgument, "\"", name, "\" is no parameter of the experiment",
       nearest ? concat("; did you mean \"", *nearest, "\"?") : std::string());
}

space::Value parse(const space::Parameter& parameter, const std::string& text) {
  try {
    return space::parse_value(parameter.domain, text);
  } catch (const Error& error) {
    fail(ErrorCode::kInvalidArgument, parameter.name, ": ", error.what());
  }
}

std::string to_text(const space::Clause& clause) {
  std::string values;
  for (const std::string& value : clause.values) values += (values.empty() ? "" : " or ") + value;
  switch (clause.op) {
    case space::Clause::Op::kIn:
      return clause.parameter + " is " + values;
    case space::Clause::Op::kNotIn:
      return clause.parameter + " is not " + values;
    case space::Clause::Op::kGreater:
      return clause.parameter + " is greater than " + values;
    case space::Clause::Op::kLess:
      return clause.parameter + " is less than " + values;
  }
  return clause.parameter;
}

std::string to_text(const std::vector<space::Condition>& when) {
  std::string text;
  for (const space::Condition& condition : when) {
    std::string any;
    for (const space::Clause& clause : condition.any_of) {
      any += (any.empty() ? "" : " or ") + to_text(clause);
    }
    text += (text.empty() ? "" : ", and ") + any;
  }
  return text;
}

}  // namespace

bool is_from_user(const hpo::Labels& labels) {
  return labels.contains(kEnqueuedLabel) || labels.contains(kRetryLabel) ||
         labels.contains(kImportLabel);
}

hpo::Labels labels_of(const EnqueuedTrial& trial) {
  if (trial.retry_of) return {{kRetryLabel, concat(*trial.retry_of)}};
  return {{kEnqueuedLabel, given_to_text(trial.given)}};
}

std::optional<EnqueuedTrial> find_enqueued(const hpo::Labels& labels) {
  // A retry bears the labels of what it repeats beside its own.
  if (const auto retry = labels.find(kRetryLabel); retry != labels.end()) {
    return EnqueuedTrial{.id = 0, .given = {}, .retry_of = find_integer(retry->second)};
  }
  if (const auto given = labels.find(kEnqueuedLabel); given != labels.end()) {
    return EnqueuedTrial{.id = 0, .given = given_from_text(given->second), .retry_of = {}};
  }
  return std::nullopt;
}

std::string given_to_text(const GivenValues& given) {
  Json object = Json::object();
  for (const auto& [name, value] : given) object[name] = value;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

GivenValues given_from_text(std::string_view text) {
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  GivenValues given;
  try {
    for (const auto& [name, value] : object.items()) given[name] = value.get<std::string>();
  } catch (const Json::exception&) {
    fail(ErrorCode::kFailedPrecondition, "no values of an enqueued trial: ", text.substr(0, 80));
  }
  return given;
}

space::Assignment parse_given(const space::SearchSpace& space, const GivenValues& given) {
  space::Assignment values;
  for (const auto& [name, text] : given) values[name] = parse(get_parameter(space, name), text);
  return values;
}

void check_given(const space::SearchSpace& space, const GivenValues& given) {
  const space::Assignment values = parse_given(space, given);
  for (const auto& [name, text] : given) {
    const std::size_t index = space.find_index_of(name).value();
    if (space.is_active(index, values)) continue;
    fail(ErrorCode::kInvalidArgument, name, " exists only while ",
         to_text(space.parameters()[index].when), ": give that too");
  }
  Rng any(0);
  const space::Assignment whole = space.repaired(values, any);
  for (const auto& [name, value] : values) {
    const auto kept = whole.find(name);
    require(kept != whole.end() && kept->second == value, name, ": ", given.at(name),
            " is not possible beside the other values given");
  }
}

space::Assignment overlaid(const space::SearchSpace& space, space::Assignment proposal,
                           const GivenValues& given, Rng& rng) {
  for (auto& [name, value] : parse_given(space, given)) proposal[name] = value;
  return space.repaired(std::move(proposal), rng);
}

}  // namespace mimar::experiment
