#include "space/short_names.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/error.h"

namespace mimar::space {
namespace {

using Parameters = std::map<std::string, std::string>;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kShortTypes = {{
    {"convolution", "conv"},
    {"separable_convolution", "sep"},
    {"depthwise_convolution", "dw"},
    {"max_pooling", "max"},
    {"avg_pooling", "avg"},
}};

/// Takes the first of these parameters that is there.
std::string take(Parameters& parameters, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = parameters.find(std::string(name));
    if (found == parameters.end()) continue;
    std::string text = found->second;
    parameters.erase(found);
    return text;
  }
  return {};
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string short_name(const Operation& operation, std::string_view dot, bool brief) {
  Parameters rest = operation.parameters;
  std::string type = operation.type;
  // Katib's `reduction` is known by its pool.
  if (const std::string pool = take(rest, {"reduction_type"}); !pool.empty()) type = pool;
  for (const auto& [name, shorter] : kShortTypes) {
    if (type == name) {
      type = shorter;
      break;
    }
  }
  if (const std::string kernel = take(rest, {"filter_size", "kernel_size"}); !kernel.empty()) {
    type += concat(kernel, "x", kernel);
  }
  type += take(rest, {"pool_size"});
  if (brief) return type;
  if (const std::string filters = take(rest, {"num_filter", "num_filters", "filters", "channels"});
      !filters.empty()) {
    type += concat(dot, filters);
  }
  if (const std::string stride = take(rest, {"stride"}); !stride.empty() && stride != "1") {
    type += "/" + stride;
  }
  for (const auto& [name, value] : rest) type += concat(dot, name, "=", value);
  return type;
}

std::string short_primitive(std::string_view name) {
  static const std::map<std::string_view, std::string> names = {
      {"none", "none"},         {"skip_connect", "skip"}, {"identity", "id"},
      {"max_pool_3x3", "max"},  {"avg_pool_3x3", "avg"},  {"sep_conv_3x3", "sep3"},
      {"sep_conv_5x5", "sep5"}, {"sep_conv_7x7", "sep7"}, {"dil_conv_3x3", "dil3"},
      {"dil_conv_5x5", "dil5"}, {"conv_3x3", "conv3"},    {"conv_5x5", "conv5"},
      {"nor_conv_1x1", "nor1"}, {"nor_conv_3x3", "nor3"}, {"conv_7x1_1x7", "conv7"}};
  const auto found = names.find(name);
  return found == names.end() ? std::string(name) : found->second;
}

std::string printable(std::string_view text, bool ascii_only) {
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80U) {
      if (!ascii_only) {
        safe += c;
      } else if (!is_continuation(c)) {
        safe += '?';
      }
    } else {
      safe += byte < 0x20U || byte == 0x7fU ? '?' : c;
    }
  }
  return safe;
}

std::size_t num_columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

}  // namespace mimar::space
