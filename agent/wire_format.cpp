#include "agent/wire_format.h"

#include "base/error.h"

namespace mimar::agent {
namespace {

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

}  // namespace

std::uint64_t WireReader::take_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    require(!rest_.empty(), "protobuf message is cut short");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) return value;
  }
  fail(ErrorCode::kInvalidArgument, "protobuf number is too long");
}

std::uint64_t WireReader::take_fixed(std::size_t num_bytes) {
  require(rest_.size() >= num_bytes, "protobuf message is cut short");
  std::uint64_t value = 0;
  for (std::size_t i = num_bytes; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(rest_[i]);
  }
  rest_.remove_prefix(num_bytes);
  return value;
}

bool WireReader::next(WireField& field) {
  if (rest_.empty()) return false;
  const std::uint64_t key = take_varint();
  field = {.number = static_cast<std::uint32_t>(key >> 3U)};
  switch (key & 7U) {
    case kVarint:
      field.integer = take_varint();
      return true;
    case kFixed64:
      field.integer = take_fixed(8);
      return true;
    case kFixed32:
      field.integer = take_fixed(4);
      return true;
    case kLength: {
      const std::uint64_t size = take_varint();
      require(size <= rest_.size(), "protobuf message is cut short");
      field.bytes = rest_.substr(0, size);
      field.is_bytes = true;
      rest_.remove_prefix(size);
      return true;
    }
    default:
      fail(ErrorCode::kInvalidArgument, "protobuf field has an unknown wire type: ", key & 7U);
  }
}

}  // namespace mimar::agent
