#include "controller/session.h"

#include <torch/version.h>

#include <fstream>
#include <iomanip>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/whole_file.h"
#include "space/json_reader.h"
#include "space/space_json.h"

namespace mimar::controller {
namespace {

namespace fs = std::filesystem;

constexpr int kProtocol = 1;
constexpr std::int64_t kSnapshotEvery = 64;
/// Two, so that a proposal made from a slightly earlier log is quickly made again.
constexpr std::size_t kMostSnapshots = 2;
constexpr std::size_t kMostTrials = 1'000'000;
constexpr std::size_t kMostObjectives = 1'000;
constexpr std::size_t kMostTextBytes = 4'096;
constexpr int kMostCandidates = 1'024;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  require(file.good(), "cannot read ", path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

FinishedTrial read_trial(const Json& json, const space::JsonReader& reader) {
  reader.require_keys({"assignment", "costs"}, {"violation", "logProbability", "author"});
  FinishedTrial trial{.assignment = space::parse_assignment(json.at("assignment")), .outcome = {}};
  for (const space::JsonReader& cost : reader.at("costs").elements(0, kMostObjectives)) {
    trial.outcome.costs.push_back(cost.number());
  }
  if (reader.has("violation")) trial.outcome.violation = reader.at("violation").number();
  if (reader.has("logProbability")) trial.log_probability = reader.at("logProbability").number();
  if (!reader.has("author")) return trial;
  const std::string author = reader.at("author").text(16);
  if (author != "reused" && author != "cold") reader.at("author").reject("expected reused or cold");
  trial.author = author == "reused" ? Author::kReused : Author::kCold;
  return trial;
}

std::map<std::string, std::string, std::less<>> read_texts(const space::JsonReader& reader) {
  std::map<std::string, std::string, std::less<>> texts;
  for (const auto& [name, text] : reader.members(kMostObjectives)) {
    texts[name] = text.text(kMostTextBytes, 0);
  }
  return texts;
}

Json write(const Candidate& candidate) {
  return {{"assignment", space::to_json(candidate.assignment)},
          {"logProbability", candidate.log_probability},
          {"author", candidate.author == Author::kReused ? "reused" : "cold"}};
}

Json error(ErrorCode code, const char* message) {
  return {{"error", {{"code", to_string(code)}, {"message", message}}}};
}

}  // namespace

Json Session::answer(const Json& request) {
  try {
    return dispatch(request);
  } catch (const Error& problem) {
    return error(problem.code(), problem.what());
  } catch (const std::exception& problem) {
    return error(ErrorCode::kInternal, problem.what());
  }
}

Json Session::dispatch(const Json& request) {
  const space::JsonReader reader(request);
  if (!reader.has("call")) reader.reject("a request is an object with a key \"call\"");
  const std::string call = reader.at("call").text(16);
  if (call == "open") return open(request);
  if (call == "learn") return learn(request);
  if (call == "draw") return draw(request);
  if (call == "save") return save(request);
  if (call == "status") return status();
  reader.at("call").reject(concat("unknown call \"", call, "\""));
}

Controller& Session::controller() {
  if (!controller_) fail(ErrorCode::kFailedPrecondition, "the first call must be \"open\"");
  return *controller_;
}

const Controller& Session::controller() const { return const_cast<Session*>(this)->controller(); }

Json Session::open(const Json& request) {
  const space::JsonReader reader(request);
  reader.require_keys({"call", "protocol", "space", "seed"},
                      {"settings", "reuse", "freeze", "cache"});
  if (const int protocol = reader.at("protocol").whole(0, 1 << 20); protocol != kProtocol) {
    reader.at("protocol").reject(concat("is ", protocol, ", this program speaks ", kProtocol));
  }
  ControllerSetup setup{.space = space::parse_search_space(request.at("space"))};
  setup.seed = std::strtoull(reader.at("seed").text(20).c_str(), nullptr, 10);
  setup.freeze = request.value("freeze", false);
  Json identity = request;
  identity.erase("cache");
  if (reader.has("reuse")) {
    const std::string bytes = read_file(reader.at("reuse").text(kMostTextBytes));
    setup.reused = parse_saved_policy(bytes);
    setup.options = setup.reused->options;
    identity["reuse"] = sha256(bytes);
  }
  if (reader.has("settings")) {
    setup.options = read_settings(read_texts(reader.at("settings")), setup.options);
  }
  controller_.emplace(std::move(setup));
  cache_ = reader.has("cache") ? reader.at("cache").text(kMostTextBytes) : "";
  digest_ = stable_hash(concat(MIMAR_VERSION, " ", TORCH_VERSION, " ", identity.dump()));
  num_learned_ = 0;
  snapshots_.clear();
  Json opened = {{"decisions", controller_->plan().size()}};
  if (const auto coverage = controller_->coverage()) {
    opened["coverage"] = {{"choices", coverage->num_choices}, {"matched", coverage->num_matched}};
  }
  return {{"opened", std::move(opened)}};
}

Json Session::learn(const Json& request) {
  Controller& controller = this->controller();
  const space::JsonReader reader(request);
  reader.require_keys({"call", "trials"});
  std::vector<FinishedTrial> trials;
  std::vector<std::uint64_t> digests;  // after each trial
  const std::vector<space::JsonReader> list = reader.at("trials").elements(0, kMostTrials);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json& json = request.at("trials")[i];
    trials.push_back(read_trial(json, list[i]));
    digests.push_back(mix(digests.empty() ? digest_ : digests.back(), stable_hash(json.dump())));
  }
  for (std::size_t i = resume(trials, digests); i < trials.size(); ++i) {
    controller.learn(trials[i]);
    digest_ = digests[i];
    ++num_learned_;
    if (num_learned_ % kSnapshotEvery == 0) keep_snapshot();
  }
  return {{"learned", num_learned_}};
}

fs::path Session::snapshot_file(std::uint64_t digest, const char* which) const {
  std::ostringstream name;
  name << std::hex << std::setw(16) << std::setfill('0') << digest << "." << which
       << ".safetensors";
  return cache_ / name.str();
}

/// Takes up the latest snapshot of a beginning of these trials; returns how many it covers.
std::size_t Session::resume(const std::vector<FinishedTrial>& trials,
                            const std::vector<std::uint64_t>& digests) {
  if (cache_.empty() || num_learned_ != 0) return 0;
  for (std::size_t count = trials.size() - trials.size() % kSnapshotEvery; count > 0;
       count -= kSnapshotEvery) {
    const fs::path cold = snapshot_file(digests[count - 1], "cold");
    if (!fs::exists(cold)) continue;
    try {
      ControllerSnapshot snapshot{parse_saved_policy(read_file(cold))};
      const fs::path reused = snapshot_file(digests[count - 1], "reused");
      if (controller().coverage()) snapshot.reused = parse_saved_policy(read_file(reused));
      controller().resume(snapshot, std::span(trials).first(count));
    } catch (const Error&) {
      continue;  // a cache may be broken; what it saves is worked out anew
    }
    digest_ = digests[count - 1];
    num_learned_ = static_cast<std::int64_t>(count);
    snapshots_ = {digest_};
    return count;
  }
  return 0;
}

void Session::forget_snapshot(std::uint64_t digest) const {
  std::error_code ignored;
  for (const char* which : {"cold", "reused"}) fs::remove(snapshot_file(digest, which), ignored);
}

void Session::keep_snapshot() {
  if (cache_.empty()) return;
  const std::optional<ControllerSnapshot> snapshot = controller().snapshot();
  if (!snapshot) return;
  try {
    fs::create_directories(cache_);
    // The cold one last: where it is, both are.
    if (snapshot->reused)
      write_whole_file(snapshot_file(digest_, "reused"), to_bytes(*snapshot->reused));
    write_whole_file(snapshot_file(digest_, "cold"), to_bytes(snapshot->cold));
    snapshots_.push_back(digest_);
    if (snapshots_.size() > kMostSnapshots) {
      forget_snapshot(snapshots_.front());
      snapshots_.erase(snapshots_.begin());
    }
  } catch (const std::exception&) {
    // A full disk costs time after a restart, not the search.
  }
}

Json Session::draw(const Json& request) const {
  const space::JsonReader reader(request);
  reader.require_keys({"call", "number", "round", "count"});
  const std::int64_t number = reader.at("number").integer();
  if (number < 0) reader.at("number").reject(concat("must not be negative, got ", number));
  Json candidates = Json::array();
  for (const Candidate& candidate :
       controller().draw(number, reader.at("round").whole(0, 1 << 20),
                         reader.at("count").whole(1, kMostCandidates))) {
    candidates.push_back(write(candidate));
  }
  return {{"candidates", std::move(candidates)}};
}

Json Session::save(const Json& request) const {
  const space::JsonReader reader(request);
  reader.require_keys({"call", "file"}, {"origin"});
  SavedPolicy saved = controller().saved();
  if (reader.has("origin")) {
    for (const auto& [name, text] : read_texts(reader.at("origin"))) saved.origin[name] = text;
  }
  saved.origin["mimarVersion"] = MIMAR_VERSION;
  saved.origin["libtorchVersion"] = TORCH_VERSION;
  const std::string bytes = to_bytes(saved);
  write_whole_file(reader.at("file").text(kMostTextBytes), bytes);
  return {{"saved", {{"sha256", sha256(bytes)}, {"bytes", bytes.size()}}}};
}

Json Session::status() const {
  const PolicyStatus& status = controller().status();
  Json json = {{"updates", status.num_updates},
               {"baseline", status.baseline},
               {"reward", status.last_reward},
               {"entropy", status.last_entropy}};
  const ReuseGuard& guard = controller().guard();
  if (const auto share = guard.share()) json["reusedWins"] = *share;
  if (const auto after = guard.switched_after()) json["switchedAfter"] = *after;
  return {{"status", std::move(json)}};
}

}  // namespace mimar::controller
