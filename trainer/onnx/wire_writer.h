#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mimar::trainer {

/// Writes a message in Protocol Buffers' wire format, field by field. (The library of that name
/// stays out of this program: LibTorch brings one of its own.)
class WireWriter {
 public:
  void add_integer(int field, std::int64_t value);
  void add_float(int field, float value);
  /// Text, bytes or a message.
  void add_bytes(int field, std::string_view bytes);
  void add_message(int field, const WireWriter& message) { add_bytes(field, message.bytes_); }

  const std::string& bytes() const noexcept { return bytes_; }

 private:
  void add_varint(std::uint64_t value);

  std::string bytes_;
};

}  // namespace mimar::trainer
