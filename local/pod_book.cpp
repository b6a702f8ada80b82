#include "local/pod_book.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace mimar::local {

PodBook::PodBook(PodRules rules, std::string container, std::string pod_name)
    : rules_(std::move(rules)),
      container_(std::move(container)),
      pod_name_(std::move(pod_name)),
      places_(static_cast<std::size_t>(rules_.num_places())) {}

bool PodBook::exists(const Place& place) const {
  return place.state == State::kCreated || place.state == State::kRunning ||
         place.state == State::kRestarting;
}

int PodBook::num_taken() const {
  return static_cast<int>(std::count_if(places_.begin(), places_.end(), [](const Place& place) {
    return place.state != State::kNone;
  }));
}

/// How many pods there should be. A work queue gets no new ones once a pod has succeeded.
int PodBook::num_wanted() const {
  if (!rules_.completions) return num_succeeded() > 0 ? 0 : rules_.parallelism;
  return std::min(rules_.parallelism, *rules_.completions - num_succeeded());
}

bool PodBook::can_start(std::size_t replica) const {
  const int index = static_cast<int>(replica);
  return places_[replica].state == State::kNone &&
         (!rules_.is_indexed ||
          (!succeeded_indexes_.contains(index) && !failed_indexes_.contains(index)));
}

std::vector<ReplicaStart> PodBook::fill() {
  std::vector<ReplicaStart> starts;
  if (end_) return starts;
  int missing = num_wanted() - num_taken();
  for (std::size_t i = 0; i < places_.size() && missing > 0; ++i) {
    if (!can_start(i)) continue;
    --missing;
    places_[i].state = State::kAwaited;
    places_[i].restarts = 0;
    // With a limit for each index, the failures of one do not hold up another.
    starts.push_back({i, rules_.backoff_limit_per_index ? places_[i].failures : failures_});
  }
  return starts;
}

void PodBook::created(std::size_t replica) {
  Place& place = places_.at(replica);
  if (awaits(replica)) place.state = State::kCreated;
}

void PodBook::started(std::size_t replica) { places_.at(replica).state = State::kRunning; }

void PodBook::lost(std::size_t replica) {
  Place& place = places_.at(replica);
  if (place.state == State::kCreated) place.state = State::kAwaited;
}

bool PodBook::awaits(std::size_t replica) const {
  const State state = places_.at(replica).state;
  return !end_ && (state == State::kAwaited || state == State::kRestarting);
}

std::vector<ReplicaStart> PodBook::ended(std::size_t replica, int exit_code) {
  Place& place = places_.at(replica);
  if (end_) {
    place.state = State::kNone;
    return {};
  }
  const bool restarts = rules_.restarts_in_place && exit_code != 0;
  if (restarts) {
    place.state = State::kRestarting;
    ++place.restarts;
  } else {
    place.state = State::kNone;
    exit_code == 0 ? succeed(replica) : fail(replica, exit_code);
  }
  decide();
  if (end_) {
    place.state = State::kNone;
    return {};
  }
  if (restarts) return {{replica, place.restarts}};
  return fill();
}

void PodBook::succeed(std::size_t replica) {
  failures_ = 0;
  places_[replica].failures = 0;
  if (rules_.is_indexed) {
    succeeded_indexes_.insert(static_cast<int>(replica));
  } else {
    ++succeeded_;
  }
  if (rules_.completions) return;
  for (Place& place : places_) {
    if (place.state == State::kAwaited) place.state = State::kNone;
  }
}

void PodBook::fail(std::size_t replica, int exit_code) {
  Place& place = places_[replica];
  ++failures_;
  ++place.failures;
  const auto& rules = rules_.failure_rules;
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const FailureRule& each) {
    return each.matches(container_, exit_code);
  });
  const FailureAction action = rule == rules.end() ? FailureAction::kCount : rule->action;
  if (action == FailureAction::kIgnore) return;
  ++failed_;
  ++place.counted_failures;
  if (action == FailureAction::kFailJob) {
    fail_job_message_ =
        concat("Container ", container_, " for pod ", pod_name_,
               places_.size() > 1 ? concat('-', replica) : "", " failed with exit code ", exit_code,
               " matching FailJob rule at index ", rule - rules.begin());
  }
  if (rules_.backoff_limit_per_index &&
      (action == FailureAction::kFailIndex ||
       place.counted_failures > *rules_.backoff_limit_per_index)) {
    failed_indexes_.insert(static_cast<int>(replica));
  }
}

/// The order is the Job controller's: the first that holds is the reason.
void PodBook::decide() {
  if (!fail_job_message_.empty()) {
    return end({.succeeds = false, .reason = "PodFailurePolicy", .message = fail_job_message_});
  }
  if (is_past_backoff_limit()) {
    return end({.succeeds = false,
                .reason = "BackoffLimitExceeded",
                .message = "Job has reached the specified backoff limit"});
  }
  if (!decide_by_indexes()) decide_complete();
}

/// Failed pods count, and restarts in place of those that exist; of these 0 and 1 allow none.
bool PodBook::is_past_backoff_limit() const {
  if (failed_ > rules_.backoff_limit) return true;
  if (!rules_.restarts_in_place) return false;
  std::int64_t restarts = 0;
  for (const Place& place : places_) {
    if (exists(place)) restarts += place.restarts;
  }
  return restarts >= std::max<std::int64_t>(rules_.backoff_limit, 1);
}

bool PodBook::decide_by_indexes() {
  const auto failed = static_cast<std::int64_t>(failed_indexes_.size());
  if (rules_.max_failed_indexes && failed > *rules_.max_failed_indexes) {
    end({.succeeds = false,
         .reason = "MaxFailedIndexesExceeded",
         .message = "Job has exceeded the specified maximal number of failed indexes"});
    return true;
  }
  if (failed > 0 && failed + num_succeeded() >= rules_.completions.value_or(0)) {
    end({.succeeds = false, .reason = "FailedIndexes", .message = "Job has failed indexes"});
    return true;
  }
  const auto& rules = rules_.success_rules;
  const auto met = std::find_if(rules.begin(), rules.end(), [&](const SuccessRule& rule) {
    return rule.is_met_by(succeeded_indexes_);
  });
  if (met == rules.end()) return false;
  end({.succeeds = true,
       .reason = "SuccessPolicy",
       .message = concat("Matched rules at index ", met - rules.begin())});
  return true;
}

void PodBook::decide_complete() {
  const bool enough =
      rules_.completions ? num_succeeded() >= *rules_.completions : num_succeeded() > 0;
  if (!enough || num_active() > 0) return;
  end({.succeeds = true,
       .reason = "CompletionsReached",
       .message = "Reached expected number of succeeded pods"});
}

void PodBook::end(JobEnd how) {
  if (end_) return;
  if (!how.succeeds) failed_ += num_active();
  for (Place& place : places_) {
    if (place.state == State::kAwaited || place.state == State::kRestarting) {
      place.state = State::kNone;
    }
  }
  end_ = std::move(how);
}

int PodBook::num_active() const {
  if (end_) return 0;
  return static_cast<int>(std::count_if(places_.begin(), places_.end(),
                                        [this](const Place& place) { return exists(place); }));
}

int PodBook::num_ready() const {
  if (end_) return 0;
  return static_cast<int>(std::count_if(places_.begin(), places_.end(), [](const Place& place) {
    return place.state == State::kRunning;
  }));
}

int PodBook::num_terminating() const {
  if (!end_) return 0;
  return static_cast<int>(std::count_if(places_.begin(), places_.end(),
                                        [this](const Place& place) { return exists(place); }));
}

int PodBook::num_succeeded() const {
  return rules_.is_indexed ? static_cast<int>(succeeded_indexes_.size()) : succeeded_;
}

}  // namespace mimar::local
