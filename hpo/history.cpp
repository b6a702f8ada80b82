#include "hpo/history.h"

#include <bit>
#include <utility>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::hpo {
namespace {

std::uint64_t hash_of(double number) {
  // Both zeros compare equal, so they must have one digest.
  return std::bit_cast<std::uint64_t>(number == 0.0 ? 0.0 : number);
}

std::uint64_t hash_of(const space::Value& value) {
  constexpr std::uint64_t kReal = 1;
  constexpr std::uint64_t kInteger = 2;
  constexpr std::uint64_t kText = 3;
  if (const auto* real = std::get_if<double>(&value)) return mix(kReal, hash_of(*real));
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return mix(kInteger, static_cast<std::uint64_t>(*integer));
  }
  return mix(kText, stable_hash(std::get<std::string>(value)));
}

std::uint64_t hash_of(std::uint64_t so_far, std::span<const double> numbers) {
  so_far = mix(so_far, numbers.size());
  for (const double number : numbers) so_far = mix(so_far, hash_of(number));
  return so_far;
}

std::uint64_t hash_of(const Proposed& event) {
  std::uint64_t so_far = digest(event.assignment);
  so_far = mix(so_far, event.budget ? hash_of(*event.budget) : 1);
  so_far =
      mix(so_far, event.continue_from ? static_cast<std::uint64_t>(*event.continue_from) : ~0U);
  so_far = mix(so_far, event.replicate ? 1 : 0);
  for (const auto& [name, text] : event.labels) {
    so_far = mix(mix(so_far, stable_hash(name)), stable_hash(text));
  }
  so_far = mix(so_far, event.origin.log_position);
  so_far = mix(so_far, static_cast<std::uint64_t>(event.origin.batch_size));
  return mix(so_far, static_cast<std::uint64_t>(event.origin.index));
}

std::uint64_t hash_of(const Reported& event) {
  const std::uint64_t head =
      mix(static_cast<std::uint64_t>(event.trial), static_cast<std::uint64_t>(event.step));
  return hash_of(head, event.objectives);
}

std::uint64_t hash_of(const Finished& event) {
  const std::uint64_t head =
      mix(static_cast<std::uint64_t>(event.trial), static_cast<std::uint64_t>(event.state));
  return hash_of(hash_of(head, event.objectives), event.constraints);
}

std::uint64_t hash_of(const Event& event) {
  return mix(event.index(), std::visit([](const auto& one) { return hash_of(one); }, event));
}

}  // namespace

std::uint64_t digest(const space::Assignment& assignment) {
  std::uint64_t so_far = assignment.size();
  for (const auto& [name, value] : assignment) {
    so_far = mix(mix(so_far, stable_hash(name)), hash_of(value));
  }
  return so_far;
}

TrialRecord& History::open_trial(TrialId id, std::string_view event) {
  require(id >= 0 && id < next_number(), event, " of trial ", id, ", but only ", next_number(),
          " trials were proposed");
  TrialRecord& record = trials_[static_cast<std::size_t>(id)];
  require(!is_final(record.state), event, " of trial ", id, ", which has ended already");
  return record;
}

void History::append(Event event) {
  if (const auto* proposed = std::get_if<Proposed>(&event)) {
    TrialRecord record;
    record.id = next_number();
    record.assignment = proposed->assignment;
    record.budget = proposed->budget;
    record.continue_from = proposed->continue_from;
    record.replicate = proposed->replicate;
    record.labels = proposed->labels;
    record.origin = proposed->origin;
    trials_.push_back(std::move(record));
  } else if (const auto* reported = std::get_if<Reported>(&event)) {
    open_trial(reported->trial, "a report").reports.push_back(*reported);
  } else {
    const auto& finished = std::get<Finished>(event);
    require(is_final(finished.state), "the end of trial ", finished.trial,
            " must come with a final state, not pending");
    TrialRecord& record = open_trial(finished.trial, "the end");
    record.state = finished.state;
    record.objectives = finished.objectives;
    record.constraints = finished.constraints;
    record.finished_at = events_.size();
  }
  digests_.push_back(mix(digests_.back(), hash_of(event)));
  events_.push_back(std::move(event));
}

const TrialRecord& History::trial(TrialId id) const {
  require(id >= 0 && id < next_number(), "no trial ", id, ": ", next_number(), " were proposed");
  return trials_[static_cast<std::size_t>(id)];
}

History History::prefix(std::size_t position) const {
  require(position <= events_.size(), "the history has ", events_.size(), " events, not ",
          position);
  History first;
  for (std::size_t i = 0; i < position; ++i) first.append(events_[i]);
  return first;
}

std::uint64_t History::digest(std::size_t position) const {
  require(position <= events_.size(), "the history has ", events_.size(), " events, not ",
          position);
  return digests_[position];
}

}  // namespace mimar::hpo
