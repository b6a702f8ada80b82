#include "experiment/trial.h"

#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "base/rng.h"

namespace mimar::experiment {

namespace {

// Katib's alphabet for random suffixes: no vowels, so no words; nothing that looks like another.
constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::size_t kSuffixLength = 8;
constexpr std::uint64_t kHalf = 531'441;         // 27^4: one half of the suffix
constexpr std::uint64_t kNames = kHalf * kHalf;  // 27^8
constexpr std::uint64_t kRounds = 6;
constexpr std::string_view kUnavailable = "unavailable";

static_assert(kAlphabet.size() == 27);

// A Feistel network over pairs of residues modulo 27^4, with modular addition for exclusive or
// (Black & Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002, section 5). Both halves
// have the same size, so the domain is met exactly and no cycle has to be walked.
std::uint64_t round_value(std::uint64_t key, std::uint64_t round, std::uint64_t half) {
  return mix(mix(key, round + 1), half) % kHalf;
}

std::uint64_t encrypt(std::uint64_t key, std::uint64_t number) {
  std::uint64_t left = number / kHalf;
  std::uint64_t right = number % kHalf;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    const std::uint64_t next = (left + round_value(key, round, right)) % kHalf;
    left = std::exchange(right, next);
  }
  return left * kHalf + right;
}

std::uint64_t decrypt(std::uint64_t key, std::uint64_t code) {
  std::uint64_t left = code / kHalf;
  std::uint64_t right = code % kHalf;
  for (std::uint64_t round = kRounds; round-- > 0;) {
    const std::uint64_t previous = (right + kHalf - round_value(key, round, left)) % kHalf;
    right = std::exchange(left, previous);
  }
  return left * kHalf + right;
}

const MetricSummary* find_summary(const std::vector<MetricSummary>& metrics,
                                  std::string_view metric) {
  for (const MetricSummary& summary : metrics) {
    if (summary.name == metric) return &summary;
  }
  return nullptr;
}

}  // namespace

std::string_view to_string(TrialPhase phase) {
  switch (phase) {
    case TrialPhase::kCreated:
      return "Created";
    case TrialPhase::kRunning:
      return "Running";
    case TrialPhase::kSucceeded:
      return "Succeeded";
    case TrialPhase::kEarlyStopped:
      return "EarlyStopped";
    case TrialPhase::kFailed:
      return "Failed";
    case TrialPhase::kMetricsUnavailable:
      return "MetricsUnavailable";
    case TrialPhase::kKilled:
      return "Killed";
  }
  fail(ErrorCode::kInternal, "unknown trial phase: ", static_cast<int>(phase));
}

std::string trial_name(std::string_view experiment, std::string_view uid, hpo::TrialId number) {
  require(number >= 0 && static_cast<std::uint64_t>(number) < kNames,
          "a trial's number must lie in 0..", kNames - 1, ": ", number);
  std::uint64_t code = encrypt(stable_hash(uid), static_cast<std::uint64_t>(number));
  std::array<char, kSuffixLength> suffix{};
  for (std::size_t i = kSuffixLength; i-- > 0; code /= kAlphabet.size()) {
    suffix[i] = kAlphabet[code % kAlphabet.size()];
  }
  return concat(experiment, "-", std::string_view(suffix.data(), suffix.size()));
}

std::optional<hpo::TrialId> find_trial_number(std::string_view experiment, std::string_view uid,
                                              std::string_view trial_name) {
  if (trial_name.size() != experiment.size() + 1 + kSuffixLength ||
      !trial_name.starts_with(experiment) || trial_name[experiment.size()] != '-') {
    return std::nullopt;
  }
  std::uint64_t code = 0;
  for (const char letter : trial_name.substr(experiment.size() + 1)) {
    const std::size_t digit = kAlphabet.find(letter);
    if (digit == std::string_view::npos) return std::nullopt;
    code = code * kAlphabet.size() + digit;
  }
  return static_cast<hpo::TrialId>(decrypt(stable_hash(uid), code));
}

std::optional<double> chosen_value(const std::vector<MetricSummary>& metrics,
                                   std::string_view metric, MetricStrategy strategy) {
  const MetricSummary* summary = find_summary(metrics, metric);
  if (summary == nullptr) return std::nullopt;
  const std::string* text = &summary->latest;
  if (strategy == MetricStrategy::kMin && summary->min != kUnavailable) text = &summary->min;
  if (strategy == MetricStrategy::kMax && summary->max != kUnavailable) text = &summary->max;
  return find_double(*text);
}

void MetricAccumulator::add(const Observation& observation) {
  State* state = nullptr;
  for (State& known : states_) {
    if (known.summary.name == observation.metric) state = &known;
  }
  const bool is_first = state == nullptr;
  if (is_first) {
    const std::string none(kUnavailable);
    state = &states_.emplace_back();
    state->summary = {observation.metric, none, none, none};
  }
  if (is_first || std::tie(observation.step, observation.time) >=
                      std::tie(state->latest_step, state->latest_time)) {
    state->summary.latest = observation.value;
    state->latest_step = observation.step;
    state->latest_time = observation.time;
  }
  const std::optional<double> number = find_double(observation.value);
  if (!number || !std::isfinite(*number)) return;
  if (!state->has_number || *number < state->min) {
    state->min = *number;
    state->summary.min = observation.value;
  }
  if (!state->has_number || *number > state->max) {
    state->max = *number;
    state->summary.max = observation.value;
  }
  state->has_number = true;
}

std::vector<MetricSummary> MetricAccumulator::summaries() const {
  std::vector<MetricSummary> summaries;
  summaries.reserve(states_.size());
  for (const State& state : states_) summaries.push_back(state.summary);
  return summaries;
}

}  // namespace mimar::experiment
