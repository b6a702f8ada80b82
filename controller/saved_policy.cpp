#include "controller/saved_policy.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "space/json_reader.h"
#include "space/space_json.h"

namespace mimar::controller {
namespace {

constexpr int kVersion = 1;
constexpr const char* kKey = "mimar.controller";
constexpr std::size_t kMostBytes = std::size_t{64} << 20U;
constexpr int kMostLevels = 12;
constexpr std::size_t kMostTrials = 1'000'000;
constexpr std::size_t kMostObjectives = 1'000;
constexpr std::size_t kMostOrigins = 100;
constexpr std::size_t kMostTextBytes = 4'096;

Json write(const SavedTrial& trial) {
  Json json = {{"assignment", space::to_json(trial.assignment)}, {"costs", trial.outcome.costs}};
  if (trial.outcome.violation > 0.0) json["violation"] = trial.outcome.violation;
  return json;
}

SavedTrial read_trial(const space::JsonReader& reader, const Json& json) {
  reader.require_keys({"assignment", "costs"}, {"violation"});
  SavedTrial trial;
  trial.assignment = space::parse_assignment(json.at("assignment"));
  for (const space::JsonReader& cost : reader.at("costs").elements(0, kMostObjectives)) {
    trial.outcome.costs.push_back(cost.number());
  }
  if (reader.has("violation")) trial.outcome.violation = reader.at("violation").number();
  return trial;
}

std::int64_t read_count(const space::JsonReader& reader) {
  const std::int64_t count = reader.integer();
  if (count < 0) reader.reject(concat("must not be negative, got ", count));
  return count;
}

void read_members(const Json& json, SavedPolicy& policy) {
  const space::JsonReader reader(json);
  reader.require_keys(
      {"version", "options", "seed", "updates", "steps", "origin", "space", "trials"},
      {"baseline"});
  if (const int version = reader.at("version").whole(0, 1 << 30); version != kVersion) {
    reader.reject(concat("its version is ", version, ", this build reads version ", kVersion));
  }
  policy.options = parse_policy_options(json.at("options"));
  const std::string seed = reader.at("seed").text(20);
  policy.seed = std::strtoull(seed.c_str(), nullptr, 10);
  policy.num_updates = read_count(reader.at("updates"));
  policy.num_steps = read_count(reader.at("steps"));
  if (reader.has("baseline")) policy.baseline = reader.at("baseline").number();
  for (const auto& [name, text] : reader.at("origin").members(kMostOrigins)) {
    policy.origin[name] = text.text(kMostTextBytes, 0);
  }
  policy.space = space::parse_search_space(json.at("space"));
  const std::vector<space::JsonReader> trials = reader.at("trials").elements(0, kMostTrials);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    policy.history.push_back(read_trial(trials[i], json.at("trials")[i]));
  }
}

}  // namespace

std::string to_bytes(const SavedPolicy& policy) {
  Json json = {{"version", kVersion},
               {"options", to_json(policy.options)},
               {"seed", std::to_string(policy.seed)},
               {"updates", policy.num_updates},
               {"steps", policy.num_steps},
               {"origin", policy.origin},
               {"space", space::to_json(policy.space)},
               {"trials", Json::array()}};
  if (policy.baseline) json["baseline"] = *policy.baseline;
  for (const SavedTrial& trial : policy.history) json["trials"].push_back(write(trial));
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return to_safetensors({.metadata = {{kKey, text}}, .tensors = policy.tensors});
}

SavedPolicy parse_saved_policy(std::string_view bytes) {
  TensorFile file = parse_safetensors(bytes);
  const auto found = file.metadata.find(kKey);
  require(found != file.metadata.end(), "the file is no controller: its metadata have no ", kKey);
  SavedPolicy policy;
  read_members(space::parse_bounded_json(found->second, kMostBytes, kMostLevels), policy);
  policy.tensors = std::move(file.tensors);
  return policy;
}

}  // namespace mimar::controller
