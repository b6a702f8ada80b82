#pragma once

#include <set>
#include <string>
#include <string_view>

namespace mimar::experiment {

/// Completion indexes of an Indexed Job.
using JobIndexes = std::set<int>;

/// "0,2,5-7": as Kubernetes writes status.completedIndexes; three or more in a row become a range.
std::string to_text(const JobIndexes& indexes);

/// Reads what successPolicy calls succeededIndexes: numbers and ranges in increasing order, all
/// below `completions`; an empty text is no index.
/// Errors: kInvalidArgument, naming the part that is wrong.
JobIndexes parse_job_indexes(std::string_view text, int completions);

}  // namespace mimar::experiment
