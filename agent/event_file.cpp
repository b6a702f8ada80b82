#include "agent/event_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/crc.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

#include "agent/wire_format.h"
#include "base/error.h"
#include "base/number_text.h"

namespace mimar::agent {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kFooterBytes = 4;
/// A record of images may be large; one beyond this is taken for damage.
constexpr std::uint64_t kMaxRecordBytes = std::uint64_t{1} << 30U;

/// CRC-32C (Castagnoli), rotated and shifted by a constant as TensorFlow stores it.
std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return std::rotr(sum, 15) + 0xa282ead8U;
}

std::uint64_t fixed_at(std::string_view bytes, std::size_t at, std::size_t size) {
  return WireReader(bytes.substr(at, size)).take_fixed(size);
}

/// A float as it was written: 0.9, not the double 0.8999999761581421.
std::string float_text(std::uint64_t bits) {
  const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  if (!std::isfinite(value)) return to_text(static_cast<double>(value));
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string double_text(std::uint64_t bits) { return to_text(std::bit_cast<double>(bits)); }
std::string integer_text(std::uint64_t bits) {
  return std::to_string(static_cast<std::int64_t>(bits));
}

/// How a type of tensor is stored. Numbers from tensorflow/core/framework/{tensor,types}.proto.
struct TensorType {
  std::uint64_t data_type;
  std::size_t num_bytes;  // of an element of tensor_content
  std::uint32_t field;    // the typed list
  bool is_varint;         // how the list's elements are stored
  std::string (*text)(std::uint64_t bits);
};

constexpr std::array kTensorTypes{
    TensorType{1, 4, 5, false, float_text},    // DT_FLOAT, float_val
    TensorType{2, 8, 6, false, double_text},   // DT_DOUBLE, double_val
    TensorType{3, 4, 7, true, integer_text},   // DT_INT32, int_val
    TensorType{9, 8, 10, true, integer_text},  // DT_INT64, int64_val
};

/// True for a shape of one element; `shape` is a TensorShapeProto.
bool is_scalar_shape(std::string_view shape) {
  WireReader dimensions(shape);
  for (WireField field; dimensions.next(field);) {
    if (field.number != 2 || !field.is_bytes) continue;
    WireReader dimension(field.bytes);
    std::uint64_t size = 0;
    for (WireField part; dimension.next(part);) {
      if (part.number == 1) size = part.integer;
    }
    if (size != 1) return false;
  }
  return true;
}

std::uint64_t sign_extended(std::uint64_t bits, const TensorType& type) {
  if (type.data_type != 3) return bits;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(bits)));
}

/// The value of a TensorProto of one number; nothing for any other tensor.
std::optional<std::string> find_tensor_scalar(std::string_view tensor) {
  std::uint64_t data_type = 0;
  std::string_view content;
  std::array<std::optional<std::uint64_t>, kTensorTypes.size()> listed{};
  WireReader reader(tensor);
  for (WireField field; reader.next(field);) {
    if (field.number == 1) data_type = field.integer;
    if (field.number == 2 && !is_scalar_shape(field.bytes)) return std::nullopt;
    if (field.number == 4) content = field.bytes;
    for (std::size_t i = 0; i < kTensorTypes.size(); ++i) {
      const TensorType& type = kTensorTypes[i];
      if (field.number != type.field) continue;
      if (!field.is_bytes) {
        listed[i] = field.integer;
      } else if (WireReader list(field.bytes); !list.at_end()) {
        listed[i] = type.is_varint ? list.take_varint() : list.take_fixed(type.num_bytes);
      }
    }
  }
  for (std::size_t i = 0; i < kTensorTypes.size(); ++i) {
    const TensorType& type = kTensorTypes[i];
    if (type.data_type != data_type) continue;
    if (content.size() == type.num_bytes) {
      return type.text(sign_extended(fixed_at(content, 0, type.num_bytes), type));
    }
    if (listed[i]) return type.text(sign_extended(*listed[i], type));
    if (content.empty()) return type.text(0);  // proto3 leaves zero out
  }
  return std::nullopt;
}

void read_summary(std::string_view summary, const EventScalar& event,
                  std::vector<EventScalar>& found) {
  WireReader values(summary);
  for (WireField value; values.next(value);) {
    if (value.number != 1 || !value.is_bytes) continue;
    EventScalar scalar = event;
    WireReader parts(value.bytes);
    for (WireField part; parts.next(part);) {
      if (part.number == 1) scalar.tag = part.bytes;
      if (part.number == 2) scalar.value = float_text(part.integer);
      if (part.number == 8) scalar.value = find_tensor_scalar(part.bytes).value_or("");
    }
    if (!scalar.value.empty()) found.push_back(std::move(scalar));
  }
}

TimePoint wall_time(std::uint64_t bits) {
  const auto seconds = std::bit_cast<double>(bits);
  if (!(seconds >= 0 && seconds < 1e11)) return {};
  return TimePoint(std::chrono::microseconds(std::llround(seconds * 1e6)));
}

void read_event(std::string_view record, std::vector<EventScalar>& found) {
  EventScalar event;
  std::vector<std::string_view> summaries;
  WireReader reader(record);
  for (WireField field; reader.next(field);) {
    if (field.number == 1) event.time = wall_time(field.integer);
    if (field.number == 2) event.step = static_cast<std::int64_t>(field.integer);
    if (field.number == 5 && field.is_bytes) summaries.push_back(field.bytes);
  }
  for (const std::string_view summary : summaries) read_summary(summary, event, found);
}

}  // namespace

std::optional<std::string> EventFileReader::add(std::string_view bytes,
                                                std::vector<EventScalar>& found) {
  if (damaged_) return std::nullopt;
  rest_ += bytes;
  const auto give_up = [&](std::string_view what) {
    damaged_ = true;
    rest_.clear();
    return std::string(what);
  };
  std::string_view left = rest_;
  while (left.size() >= kHeaderBytes) {
    const std::uint64_t size = fixed_at(left, 0, 8);
    if (masked_crc(left.substr(0, 8)) != fixed_at(left, 8, 4) || size > kMaxRecordBytes) {
      return give_up("the length of a record is damaged");
    }
    if (left.size() < kHeaderBytes + size + kFooterBytes) break;
    const std::string_view record = left.substr(kHeaderBytes, size);
    if (masked_crc(record) != fixed_at(left, kHeaderBytes + size, 4)) {
      return give_up("a record is damaged");
    }
    try {
      read_event(record, found);
    } catch (const Error& error) {
      return give_up(error.what());
    }
    left.remove_prefix(kHeaderBytes + size + kFooterBytes);
  }
  rest_.erase(0, rest_.size() - left.size());
  return std::nullopt;
}

}  // namespace mimar::agent
