#pragma once

#include <map>
#include <string>
#include <string_view>

namespace mimar::local {

/// Replaces `$(NAME)` by the variable's value, as Kubernetes does in command, args and env of a
/// container: `$$` stands for `$`, so `$$(NAME)` stays `$(NAME)`; an unknown name stays as it is;
/// values are not looked at again.
std::string expand_variables(std::string_view text,
                             const std::map<std::string, std::string>& variables);

}  // namespace mimar::local
