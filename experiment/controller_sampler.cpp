#include "experiment/controller_sampler.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/number_text.h"
#include "base/rng.h"
#include "hpo/multi_objective/score.h"
#include "space/space_json.h"

namespace mimar::experiment {
namespace {

constexpr int kProtocol = 1;
/// Candidates of one draw, and how often to draw again when all of them have been tried: a policy
/// that has settled proposes the same over and over.
constexpr int kCandidates = 16;
constexpr int kRounds = 8;

constexpr const char* kLogProbability = "log-probability";
constexpr const char* kAuthor = "policy";

Json error_code_names() {
  Json names = Json::object();
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kAlreadyExists,
        ErrorCode::kFailedPrecondition, ErrorCode::kAborted, ErrorCode::kResourceExhausted,
        ErrorCode::kUnavailable, ErrorCode::kInternal}) {
    names[std::string(to_string(code))] = static_cast<int>(code);
  }
  return names;
}

[[noreturn]] void throw_answer(const Json& error) {
  static const Json kCodes = error_code_names();
  const int code = kCodes.value(error.value("code", ""), static_cast<int>(ErrorCode::kInternal));
  fail(static_cast<ErrorCode>(code), "the controller says: ", error.value("message", "?"));
}

/// A finished trial as the program is told it; nothing of one that was killed, which tells nothing.
std::optional<Json> to_news(const hpo::TrialRecord& trial,
                            std::span<const hpo::Direction> directions) {
  if (trial.state == hpo::TrialState::kKilled) return std::nullopt;
  Json news = {{"assignment", space::to_json(trial.assignment)}, {"costs", Json::array()}};
  if (const std::optional<hpo::Score> score = hpo::find_score(trial, directions)) {
    news["costs"] = score->costs;
    // What is broken beyond measure is as bad as failing.
    if (!std::isfinite(score->violation)) news["costs"] = Json::array();
    if (std::isfinite(score->violation) && score->violation > 0.0) {
      news["violation"] = score->violation;
    }
  }
  if (const auto label = trial.labels.find(kLogProbability); label != trial.labels.end()) {
    if (const auto number = find_double(label->second)) news["logProbability"] = *number;
  }
  if (const auto label = trial.labels.find(kAuthor); label != trial.labels.end()) {
    news["author"] = label->second;
  }
  return news;
}

}  // namespace

ControllerSampler::ControllerSampler(hpo::Problem problem, hpo::Settings settings,
                                     ControllerPlace place)
    : Sampler(problem.directions),
      problem_(std::move(problem)),
      settings_(std::move(settings)),
      place_(std::move(place)),
      novelty_(problem_.space) {
  if (const auto given = settings_.find("random_state"); given != settings_.end()) {
    problem_.seed = static_cast<std::uint64_t>(*find_integer(given->second));
  }
}

std::vector<hpo::Proposal> ControllerSampler::propose(const hpo::History& history, int count) {
  require(count >= 0, "count must not be negative: ", count);
  std::vector<hpo::Proposal> proposals;
  novelty_.begin(history);
  while (std::cmp_less(proposals.size(), count) && !novelty_.is_exhausted()) {
    hpo::Proposal proposal = propose_one(history, history.next_number() + std::ssize(proposals));
    novelty_.add(proposal.assignment);
    proposals.push_back(std::move(proposal));
  }
  return proposals;
}

hpo::Proposal ControllerSampler::propose_one(const hpo::History& history, hpo::TrialId number) {
  for (int round = 0; round < kRounds; ++round) {
    const Json answer = ask(
        history, {{"call", "draw"}, {"number", number}, {"round", round}, {"count", kCandidates}});
    for (const Json& candidate : answer.at("candidates")) {
      space::Assignment assignment = space::parse_assignment(candidate.at("assignment"));
      if (!problem_.space.contains(assignment) || !novelty_.is_new(assignment)) continue;
      return {.assignment = std::move(assignment),
              .labels = {{kLogProbability, to_text(candidate.at("logProbability").get<double>())},
                         {kAuthor, candidate.at("author").get<std::string>()}}};
    }
  }
  Rng rng(problem_.seed, static_cast<std::uint64_t>(number), stable_hash("beyond-the-policy"));
  auto assignment = novelty_.find([&] { return problem_.space.sample(rng); }, rng);
  // Only in a continuous space that keeps drawing the same can there be nothing new.
  return {.assignment = assignment ? std::move(*assignment) : problem_.space.sample(rng)};
}

Json ControllerSampler::ask(const hpo::History& history, const Json& request) {
  try {
    return ask_once(history, request);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnavailable) throw;
    log_warn("the controller is started again", {{"error", error.what()}});
    open();
    return ask_once(history, request);
  }
}

Json ControllerSampler::ask_once(const hpo::History& history, const Json& request) {
  tell_news(history);
  return call(request);
}

Json ControllerSampler::call(const Json& request) {
  Json answer = program_->call(request);
  if (const auto error = answer.find("error"); error != answer.end()) throw_answer(*error);
  return answer;
}

void ControllerSampler::open() {
  program_ = std::make_unique<LineProgram>(std::vector<std::string>{place_.program.string()});
  told_ = {};
  told_trials_.clear();
  Json request = {{"call", "open"},
                  {"protocol", kProtocol},
                  {"space", space::to_json(problem_.space)},
                  {"seed", std::to_string(problem_.seed)},
                  {"settings", settings_}};
  request["settings"].erase("random_state");
  if (!place_.reuse.empty()) request["reuse"] = place_.reuse.string();
  if (place_.freeze) request["freeze"] = true;
  if (!place_.cache.empty()) request["cache"] = place_.cache.string();
  opened_ = call(request).at("opened");
}

/// True when the trials that the program knows are the first of these; only an order of finished
/// trials matters to it, not what else is in the log.
bool ControllerSampler::knows_beginning(const std::vector<Json>& news) const {
  if (news.size() < told_trials_.size()) return false;
  return std::equal(
      told_trials_.begin(), told_trials_.end(), news.begin(),
      [](std::uint64_t told, const Json& one) { return told == stable_hash(one.dump()); });
}

void ControllerSampler::tell_news(const hpo::History& history) {
  if (!program_) open();
  const bool goes_on = told_.is_prefix_of(history);
  std::vector<Json> news;
  for (const hpo::Event& event : history.events().subspan(goes_on ? told_.position() : 0)) {
    const auto* finished = std::get_if<hpo::Finished>(&event);
    if (finished == nullptr) continue;
    if (auto one = to_news(history.trial(finished->trial), directions())) {
      news.push_back(std::move(*one));
    }
  }
  if (!goes_on) {
    if (knows_beginning(news)) {
      news.erase(news.begin(), news.begin() + std::ssize(told_trials_));
    } else {
      open();
    }
  }
  if (!news.empty()) call({{"call", "learn"}, {"trials", news}});
  for (const Json& one : news) told_trials_.push_back(stable_hash(one.dump()));
  told_.move_to_end(history);
}

std::string ControllerSampler::save(const hpo::History& history, const std::filesystem::path& file,
                                    const std::map<std::string, std::string>& origin) {
  return ask(history, {{"call", "save"}, {"file", file.string()}, {"origin", origin}})
      .at("saved")
      .at("sha256")
      .get<std::string>();
}

Json ControllerSampler::status(const hpo::History& history) {
  Json status = ask(history, {{"call", "status"}}).at("status");
  for (const auto& [key, value] : opened_.items()) status[key] = value;
  return status;
}

}  // namespace mimar::experiment
