#pragma once

#include <cstdint>
#include <string_view>

namespace mimar::agent {

/// One field of a protobuf message on the wire.
struct WireField {
  std::uint32_t number = 0;
  std::uint64_t integer = 0;    // varint, fixed64 and fixed32 (their bits)
  std::string_view bytes = {};  // length-delimited: text, message, packed list
  bool is_bytes = false;
};

/// Walks over the fields of one protobuf message, unknown ones included.
///
/// A view of the bytes given. Thread safety: none.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  /// The next field; false at the end.
  /// Errors: kInvalidArgument when the bytes are no protobuf message.
  bool next(WireField& field);

  /// A varint, for packed lists.
  std::uint64_t take_varint();
  /// Fixed 4 or 8 bytes, little-endian.
  std::uint64_t take_fixed(std::size_t num_bytes);
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace mimar::agent
