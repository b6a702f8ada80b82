#include "trainer/onnx/wire_writer.h"

#include <array>
#include <bit>
#include <cstring>

namespace mimar::trainer {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie");

// Wire types.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kBytes = 2;
constexpr std::uint64_t kFixed32 = 5;

constexpr std::uint64_t tag(int field, std::uint64_t type) {
  return static_cast<std::uint64_t>(field) << 3U | type;
}

}  // namespace

void WireWriter::add_varint(std::uint64_t value) {
  while (value >= 0x80U) {
    bytes_ += static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  bytes_ += static_cast<char>(value);
}

void WireWriter::add_integer(int field, std::int64_t value) {
  add_varint(tag(field, kVarint));
  add_varint(static_cast<std::uint64_t>(value));
}

void WireWriter::add_float(int field, float value) {
  add_varint(tag(field, kFixed32));
  std::array<char, sizeof value> bytes{};
  std::memcpy(bytes.data(), &value, sizeof value);
  bytes_.append(bytes.data(), bytes.size());
}

void WireWriter::add_bytes(int field, std::string_view bytes) {
  add_varint(tag(field, kBytes));
  add_varint(bytes.size());
  bytes_ += bytes;
}

}  // namespace mimar::trainer
