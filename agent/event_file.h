#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mimar::agent {

/// One scalar of a TensorFlow event file.
struct EventScalar {
  std::string tag = {};
  std::int64_t step = 0;
  TimePoint time = {};
  std::string value = {};  // shortest decimal text of its own type, "nan", "inf" or "-inf"

  bool operator==(const EventScalar&) const = default;
};

/// Reads a TensorFlow event file (`events.out.tfevents.*`) whose bytes come in pieces.
///
/// The file is a list of records: length (8 bytes, little-endian), masked CRC-32C of the length,
/// data, masked CRC-32C of the data (tensorflow/core/lib/io/record_writer.h). The data is the
/// protobuf message `Event`, of which wall_time, step and the scalars of its summary are read:
/// simple_value, and tensors of one element of a float or integer type. All else is passed over.
///
/// Protobuf's own library stays out of this folder, which a static program will hold; the six
/// messages that matter need a page of code.
///
/// Thread safety: none.
class EventFileReader {
 public:
  /// Takes bytes and appends the scalars of the records that are now complete. After a record that
  /// is damaged nothing more is read; the answer says so, once.
  std::optional<std::string> add(std::string_view bytes, std::vector<EventScalar>& found);

 private:
  std::string rest_;
  bool damaged_ = false;
};

}  // namespace mimar::agent
