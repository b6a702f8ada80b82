#include "agent/text_filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <optional>
#include <utility>

#include "base/error.h"

namespace mimar::agent {
namespace {

constexpr std::string_view kSpaces = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

/// A quick look before parse_rfc3339, which throws: few lines begin with a time.
bool may_be_time(std::string_view text) {
  return text.size() >= 20 && text[4] == '-' && text[7] == '-' && text[13] == ':';
}

TimePoint time_of(std::string_view line, TimePoint now) {
  const std::string_view first = line.substr(0, line.find(' '));
  if (first.size() == line.size() || !may_be_time(first)) return now;
  try {
    return parse_rfc3339(first);
  } catch (const Error&) {
    return now;
  }
}

bool begins_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  const bool same = std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
    return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
  });
  if (!same || text.size() == word.size()) return same;
  const auto next = static_cast<unsigned char>(text[word.size()]);
  return std::isalnum(next) == 0 && next != '_';
}

/// nan, inf or infinity in any case and with a sign, at the front of `text`; else empty.
std::string_view special_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (begins_with_word(text, "nan")) return "nan";
  if (begins_with_word(text, "inf") || begins_with_word(text, "infinity")) {
    return negative ? "-inf" : "inf";
  }
  return {};
}

/// The value of a match: what group 2 holds, or the special number that stands where it is empty.
/// A lone sign is what the default filter makes of "-inf".
std::string_view value_of(std::string_view line, re2::StringPiece group) {
  const std::string_view value = trimmed({group.data(), group.size()});
  if (!value.empty() && value != "-" && value != "+") return value;
  if (group.data() == nullptr) return {};
  return special_number(line.substr(static_cast<std::size_t>(group.data() - line.data())));
}

/// Calls `on_match` for each match, left to right without overlap; as Go's FindAll, which Katib
/// uses, an empty match right behind another is no match.
template <class OnMatch>
void for_each_match(const re2::RE2& filter, std::string_view line, OnMatch&& on_match) {
  const re2::StringPiece text(line.data(), line.size());
  std::array<re2::StringPiece, 3> groups;
  std::size_t from = 0;
  std::optional<std::size_t> last_end;
  while (from <= line.size() &&
         filter.Match(text, from, line.size(), re2::RE2::UNANCHORED, groups.data(), 3)) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - line.data());
    const std::size_t end = begin + groups[0].size();
    if (begin != end || begin != last_end) on_match(groups[1], groups[2]);
    last_end = end;
    from = begin == end ? end + 1 : end;
  }
}

/// Values go into JSON and a database: bytes that are not ASCII become '?' unless all are UTF-8.
std::string as_text(std::string_view bytes) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  std::string text(bytes);
  if (std::all_of(text.begin(), text.end(), is_ascii)) return text;
  static const re2::RE2 utf8("(?s).*");  // a dot is a whole character of UTF-8
  if (!re2::RE2::FullMatch(text, utf8)) {
    std::replace_if(text.begin(), text.end(), std::not_fn(is_ascii), '?');
  }
  return text;
}

}  // namespace

TextFilter::TextFilter(std::vector<std::string> metric_names,
                       const std::vector<std::string>& filters)
    : metric_names_(std::move(metric_names)) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  const std::vector<std::string> standard{std::string(kDefault)};
  for (const std::string& pattern : filters.empty() ? standard : filters) {
    auto filter = std::make_unique<re2::RE2>(pattern, options);
    require(filter->ok(), "metricsFormat is no regular expression (RE2): ", filter->error(), ": ",
            pattern);
    require(filter->NumberOfCapturingGroups() >= 2,
            "metricsFormat needs two groups, for the name and the value of a metric: ", pattern);
    filters_.push_back(std::move(filter));
  }
}

TextFilter::~TextFilter() = default;

bool TextFilter::is_requested(std::string_view name) const {
  return std::find(metric_names_.begin(), metric_names_.end(), name) != metric_names_.end();
}

void TextFilter::read(std::string_view line, TimePoint now, std::vector<MetricValue>& found) const {
  const bool counts = std::any_of(
      metric_names_.begin(), metric_names_.end(),
      [&](const std::string& name) { return line.find(name) != std::string_view::npos; });
  if (!counts) return;
  const TimePoint time = time_of(line, now);
  for (const auto& filter : filters_) {
    for_each_match(*filter, line, [&](re2::StringPiece name_group, re2::StringPiece value_group) {
      const std::string_view name = trimmed({name_group.data(), name_group.size()});
      if (!is_requested(name)) return;
      const std::string_view value = value_of(line, value_group);
      if (value.empty()) return;
      found.push_back(
          {.metric = std::string(name), .step = 0, .time = time, .value = as_text(value)});
    });
  }
}

void TextMetricReader::read(std::string_view line, TimePoint now, std::vector<MetricValue>& found) {
  const std::size_t before = found.size();
  filter_->read(line, now, found);
  for (std::size_t i = before; i < found.size(); ++i) found[i].step = counts_[found[i].metric]++;
}

}  // namespace mimar::agent
