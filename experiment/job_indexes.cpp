#include "experiment/job_indexes.h"

#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::experiment {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

int parse_index(const std::string& text, int completions, int above) {
  const std::optional<std::int64_t> index = find_integer(text);
  require(index && *index >= 0, "not an index: \"", text, '"');
  require(*index < completions, "index ", *index, " is not below completions (", completions, ')');
  require(*index > above, "indexes must increase: ", *index, " comes after ", above);
  return static_cast<int>(*index);
}

}  // namespace

std::string to_text(const JobIndexes& indexes) {
  std::string text;
  for (auto first = indexes.begin(); first != indexes.end();) {
    auto last = first;
    while (std::next(last) != indexes.end() && *std::next(last) == *last + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(*first);
    if (*last > *first) text += concat(*last == *first + 1 ? ',' : '-', *last);
    first = std::next(last);
  }
  return text;
}

JobIndexes parse_job_indexes(std::string_view text, int completions) {
  JobIndexes indexes;
  if (text.empty()) return indexes;
  int above = -1;
  for (const std::string& interval : split(text, ',')) {
    const std::vector<std::string> limits = split(interval, '-');
    require(limits.size() <= 2, "a range has two ends: \"", interval, '"');
    const int first = parse_index(limits.front(), completions, above);
    const int last = limits.size() == 2 ? parse_index(limits.back(), completions, first) : first;
    for (int index = first; index <= last; ++index) indexes.insert(index);
    above = last;
  }
  return indexes;
}

}  // namespace mimar::experiment
