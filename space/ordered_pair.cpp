#include "space/ordered_pair.h"

#include <algorithm>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::space {
namespace {

double number_of(const std::string& text) { return find_double(text).value_or(0.0); }

bool is_ordinal_of_numbers(const Domain& domain) {
  const auto* ordinal = std::get_if<OrdinalDomain>(&domain);
  return ordinal != nullptr && !ordinal->values.empty() &&
         std::all_of(ordinal->values.begin(), ordinal->values.end(),
                     [](const std::string& text) { return find_double(text).has_value(); });
}

}  // namespace

std::vector<OrderedPair::Entry> OrderedPair::sorted_entries(const Domain& domain) {
  std::vector<Entry> entries;
  for (const std::string& text : std::get<OrdinalDomain>(domain).values) {
    entries.push_back({number_of(text), text, entries.size()});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.number < b.number; });
  return entries;
}

OrderedPair::OrderedPair(const Domain& lower, const Domain& upper)
    : lower_(sorted_entries(lower)), upper_(sorted_entries(upper)) {}

std::vector<std::string> OrderedPair::problems(const Domain& lower, const Domain& upper) {
  if (!is_ordinal_of_numbers(lower) || !is_ordinal_of_numbers(upper)) {
    return {"`above` needs ordinal parameters of numbers on both sides"};
  }
  const OrderedPair pair(lower, upper);
  if (pair.lower_.back().number < pair.upper_.back().number) return {};
  return {concat("`above` leaves no room: nothing is greater than ", pair.lower_.back().text)};
}

std::size_t OrderedPair::first_above(double number) const {
  return static_cast<std::size_t>(
      std::upper_bound(upper_.begin(), upper_.end(), number,
                       [](double value, const Entry& entry) { return value < entry.number; }) -
      upper_.begin());
}

std::uint64_t OrderedPair::size() const {
  std::uint64_t count = 0;
  for (const Entry& entry : lower_) count += upper_.size() - first_above(entry.number);
  return count;
}

bool OrderedPair::is_legal(const std::string& lower, const std::string& upper) {
  return number_of(lower) < number_of(upper);
}

std::vector<std::pair<std::size_t, std::size_t>> OrderedPair::index_pairs() const {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const Entry& entry : lower_) {
    for (std::size_t j = first_above(entry.number); j < upper_.size(); ++j) {
      pairs.emplace_back(entry.index, upper_[j].index);
    }
  }
  return pairs;
}

ValuePair OrderedPair::sample(Rng& rng) const {
  std::uint64_t rank = rng.index(size());
  for (const Entry& entry : lower_) {
    const std::size_t first = first_above(entry.number);
    const std::uint64_t partners = upper_.size() - first;
    if (rank < partners) return {entry.text, upper_[first + rank].text};
    rank -= partners;
  }
  fail(ErrorCode::kInternal, "a pair's rank lies outside its pairs");
}

ValuePair OrderedPair::complete(std::optional<std::string> lower, std::optional<std::string> upper,
                                Rng& rng) const {
  if (lower && upper) return repaired({*lower, *upper});
  if (lower) {
    const std::size_t first = first_above(number_of(*lower));
    return {*lower, upper_[first + rng.index(upper_.size() - first)].text};
  }
  if (upper) {
    const double bound = number_of(*upper);
    const auto below = static_cast<std::uint64_t>(
        std::lower_bound(lower_.begin(), lower_.end(), bound,
                         [](const Entry& entry, double value) { return entry.number < value; }) -
        lower_.begin());
    if (below > 0) return {lower_[rng.index(below)].text, *upper};
  }
  return sample(rng);
}

ValuePair OrderedPair::repaired(ValuePair pair) const {
  if (is_legal(pair.lower, pair.upper)) return pair;
  const auto is_listed = [](const std::vector<Entry>& entries, const std::string& text) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const Entry& entry) { return entry.text == text; });
  };
  if (is_legal(pair.upper, pair.lower) && is_listed(lower_, pair.upper) &&
      is_listed(upper_, pair.lower)) {
    std::swap(pair.lower, pair.upper);
    return pair;
  }
  return {pair.lower, upper_[first_above(number_of(pair.lower))].text};
}

}  // namespace mimar::space
