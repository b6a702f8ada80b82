#include "local/kubernetes_variables.h"

namespace mimar::local {

std::string expand_variables(std::string_view text,
                             const std::map<std::string, std::string>& variables) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const std::size_t end = text[i + 1] == '(' ? text.find(')', i) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += '$';
      continue;
    }
    const auto variable = variables.find(std::string(text.substr(i + 2, end - i - 2)));
    out += variable != variables.end() ? variable->second : text.substr(i, end - i + 1);
    i = end;
  }
  return out;
}

}  // namespace mimar::local
