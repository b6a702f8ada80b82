#pragma once

#include <vector>

#include "space/search_space.h"

namespace mimar::space {

/// Every legal assignment of a countable space, by brute force: the naive way that the library's
/// counting and drawing are compared with. Conditions are judged on the texts of the specification
/// and not by the library's compiled form.
std::vector<Assignment> enumerate(const SearchSpace& space);

/// A real, an integer, an ordinal and a categorical parameter of every distribution, with
/// conditions one and two levels deep and a pair bound by `above`.
std::vector<Parameter> one_of_each_kind();

/// Shorthands for the tests' spaces.
Parameter choice(std::string name, std::vector<std::string> values);
Parameter whole(std::string name, std::int64_t low, std::int64_t high, std::int64_t step = 1);
Parameter when(Parameter parameter, std::vector<Condition> conditions);
Condition in(std::string parent, std::vector<std::string> values);
Condition compare(std::string parent, Clause::Op op, std::string value);

}  // namespace mimar::space
