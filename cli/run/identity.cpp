#include "cli/run/identity.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/error.h"

namespace mimar::cli {
namespace {

void fill_randomly(std::span<std::uint8_t> bytes) {
  // Up to 256 bytes come whole or not at all.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    fail_errno("getrandom");
  }
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  fill_randomly(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes.at(i) >> 4];
    text += kDigits[bytes.at(i) & 0x0F];
  }
  return text;
}

std::string generate_name(std::string_view prefix) {
  // 27 characters: no vowels and nothing that looks like them, so no words arise.
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::array<std::uint8_t, 5> bytes{};
  fill_randomly(bytes);
  std::string name(prefix);
  for (const std::uint8_t byte : bytes) name += kAlphabet[byte % kAlphabet.size()];
  return name;
}

void complete_identity(experiment::Experiment& experiment) {
  Json& metadata = experiment.object["metadata"];
  if (experiment.name.empty()) experiment.name = text_at(metadata, "name");
  if (experiment.name.empty()) {
    const std::string prefix = text_at(metadata, "generateName");
    require(!prefix.empty(), "the experiment has no name: set metadata.name or use --name NAME");
    experiment.name = generate_name(prefix);
    metadata["name"] = experiment.name;
    metadata.erase("generateName");
  }
  if (experiment.uid.empty()) experiment.uid = text_at(metadata, "uid");
  if (experiment.uid.empty()) experiment.uid = random_uuid();
}

}  // namespace mimar::cli
