#include "space/value.h"

#include "base/number_text.h"

namespace mimar::space {

std::string to_text(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return mimar::to_text(*real);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  return std::get<std::string>(value);
}

}  // namespace mimar::space
