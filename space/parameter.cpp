#include "space/parameter.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "space/grid.h"

namespace mimar::space {
namespace {

using Texts = std::vector<std::string>;

/// The list of an ordinal or categorical domain, else null.
const Texts* find_texts(const Domain& domain) {
  if (const auto* ordinal = std::get_if<OrdinalDomain>(&domain)) return &ordinal->values;
  if (const auto* categorical = std::get_if<CategoricalDomain>(&domain)) {
    return &categorical->values;
  }
  return nullptr;
}

std::optional<std::uint64_t> find_text_index(const Texts& texts, std::string_view text) {
  const auto found = std::find(texts.begin(), texts.end(), text);
  if (found == texts.end()) return std::nullopt;
  return static_cast<std::uint64_t>(found - texts.begin());
}

std::string range_text(const RealDomain& domain) {
  std::string text =
      concat("a number from ", mimar::to_text(domain.low), " to ", mimar::to_text(domain.high));
  if (domain.step) text += concat(" in steps of ", mimar::to_text(*domain.step));
  return text;
}

std::string range_text(const IntegerDomain& domain) {
  std::string text = concat("a whole number from ", domain.low, " to ", domain.high);
  if (domain.step != 1) text += concat(" in steps of ", domain.step);
  return text;
}

std::string joined(const Texts& texts) {
  constexpr std::size_t kMostShown = 20;
  std::string joined_text;
  for (std::size_t i = 0; i < std::min(texts.size(), kMostShown); ++i) {
    joined_text += (i == 0 ? "" : ", ") + texts[i];
  }
  if (texts.size() > kMostShown) joined_text += concat(", ... (", texts.size(), " in all)");
  return joined_text;
}

/// The listed text that is the same number, for "16.0" where the list says "16".
const std::string* find_equal_number(const Texts& texts, std::string_view text) {
  const std::optional<double> number = find_double(text);
  if (!number) return nullptr;
  const auto found = std::find_if(texts.begin(), texts.end(), [&](const std::string& listed) {
    return find_double(listed) == number;
  });
  return found == texts.end() ? nullptr : &*found;
}

Value parse_choice(const Texts& texts, std::string_view text) {
  if (find_text_index(texts, text)) return std::string(text);
  if (const std::string* same = find_equal_number(texts, text)) return *same;
  const std::optional<std::string> nearest = find_nearest_name(text, texts);
  fail(ErrorCode::kInvalidArgument, "\"", text, "\" is not one of ", joined(texts),
       nearest ? concat("; did you mean \"", *nearest, "\"?") : "");
}

Value parse_real(const RealDomain& domain, std::string_view text) {
  const std::optional<double> number = find_double(text);
  require(number && contains(domain, Value(*number)), "\"", text, "\" is not ", range_text(domain));
  if (!domain.step) return *number;
  return real_grid_value(domain, *find_real_grid_index(domain, *number));
}

Value parse_integer(const IntegerDomain& domain, std::string_view text) {
  const std::optional<std::int64_t> number = find_integer(text);
  require(number && contains(domain, Value(*number)), "\"", text, "\" is not ", range_text(domain));
  return *number;
}

std::uint64_t most_values(Distribution distribution) {
  return distribution == Distribution::kUniform ? kMaxUniformValues : kMaxCurvedValues;
}

template <class Number>
void find_range_problems(Number low, Number high, Distribution distribution, Texts& found) {
  const auto text = [](Number number) { return to_text(Value(number)); };
  if (low > high) {
    found.push_back(concat("max must not be smaller than min: ", text(high), " < ", text(low)));
  }
  const bool log =
      distribution == Distribution::kLogUniform || distribution == Distribution::kLogNormal;
  if (log && !(low > 0)) {
    found.push_back(concat("min must be greater than 0 for a log distribution, got ", text(low)));
  }
}

void find_count_problems(std::uint64_t count, Distribution distribution, Texts& found) {
  if (count <= most_values(distribution)) return;
  found.push_back(concat("more than ", most_values(distribution),
                         " values: choose a larger step or a smaller range"));
}

struct FindProblems {
  Texts& found;

  void operator()(const RealDomain& domain) const {
    if (!std::isfinite(domain.low) || !std::isfinite(domain.high) ||
        !std::isfinite(domain.high - domain.low)) {
      found.push_back(concat("min, max and their distance must be finite, got ",
                             mimar::to_text(domain.low), " and ", mimar::to_text(domain.high)));
      return;
    }
    find_range_problems(domain.low, domain.high, domain.distribution, found);
    if (!domain.step) return;
    if (!(*domain.step > 0.0) || !std::isfinite(*domain.step)) {
      found.push_back(concat("step must be greater than 0, got ", mimar::to_text(*domain.step)));
    } else {
      find_count_problems(num_grid_values(domain.low, domain.high, *domain.step),
                          domain.distribution, found);
    }
  }

  void operator()(const IntegerDomain& domain) const {
    find_range_problems(domain.low, domain.high, domain.distribution, found);
    if (domain.step < 1) {
      found.push_back(concat("step must be at least 1, got ", domain.step));
    } else {
      find_count_problems(num_grid_values(domain), domain.distribution, found);
    }
  }

  void operator()(const OrdinalDomain& domain) const { check_list(domain.values); }
  void operator()(const CategoricalDomain& domain) const { check_list(domain.values); }

 private:
  void check_list(const Texts& texts) const {
    if (texts.empty()) found.emplace_back("the list of values is empty");
    std::set<std::string_view> seen;
    std::set<std::string_view> told;
    for (const std::string& text : texts) {
      if (!seen.insert(text).second && told.insert(text).second) {
        found.push_back(concat("the list holds \"", text, "\" more than once"));
      }
    }
  }
};

}  // namespace

std::optional<std::uint64_t> num_values(const Domain& domain) {
  if (const Texts* texts = find_texts(domain)) return texts->size();
  if (const auto* integer = std::get_if<IntegerDomain>(&domain)) return num_grid_values(*integer);
  const auto& real = std::get<RealDomain>(domain);
  if (!real.step) return std::nullopt;
  return num_grid_values(real.low, real.high, *real.step);
}

Value value_at(const Domain& domain, std::uint64_t index) {
  const std::optional<std::uint64_t> count = num_values(domain);
  require(count.has_value(), "a continuous domain has no value at an index");
  require(index < *count, "index ", index, " lies outside a domain of ", *count, " values");
  if (const Texts* texts = find_texts(domain)) return (*texts)[index];
  if (const auto* integer = std::get_if<IntegerDomain>(&domain)) {
    return integer_grid_value(*integer, index);
  }
  return real_grid_value(std::get<RealDomain>(domain), index);
}

std::optional<std::uint64_t> find_index(const Domain& domain, const Value& value) {
  if (const Texts* texts = find_texts(domain)) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::nullopt : find_text_index(*texts, *text);
  }
  if (const auto* integer = std::get_if<IntegerDomain>(&domain)) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    if (whole == nullptr || *whole < integer->low || *whole > integer->high) return std::nullopt;
    const std::uint64_t offset =
        static_cast<std::uint64_t>(*whole) - static_cast<std::uint64_t>(integer->low);
    const auto step = static_cast<std::uint64_t>(integer->step);
    if (step == 0 || offset % step != 0) return std::nullopt;
    return offset / step;
  }
  const auto& real = std::get<RealDomain>(domain);
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || !real.step) return std::nullopt;
  return find_real_grid_index(real, *number);
}

bool contains(const Domain& domain, const Value& value) {
  const auto* real = std::get_if<RealDomain>(&domain);
  if (real == nullptr || real->step) return find_index(domain, value).has_value();
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && *number >= real->low && *number <= real->high;
}

Value parse_value(const Domain& domain, std::string_view text) {
  if (const Texts* texts = find_texts(domain)) return parse_choice(*texts, text);
  if (const auto* integer = std::get_if<IntegerDomain>(&domain)) {
    return parse_integer(*integer, text);
  }
  return parse_real(std::get<RealDomain>(domain), text);
}

std::vector<std::string> problems(const Domain& domain) {
  Texts found;
  std::visit(FindProblems{found}, domain);
  return found;
}

}  // namespace mimar::space
