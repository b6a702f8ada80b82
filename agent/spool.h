#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "agent/metric_value.h"
#include "base/file_descriptor.h"

namespace mimar::agent {

struct SpoolOptions {
  std::filesystem::path folder;                           // of this spool alone; made if need be
  std::uint64_t segment_bytes = std::uint64_t{4} << 20U;  // files are about so large
  std::uint64_t most_bytes = std::uint64_t{256} << 20U;   // then it is full
};

/// What one start of a trial's process has reported, on disk until the engine has acknowledged it.
///
/// Values are numbered 1, 2, 3, ... in the order of append(). With the writer's random name the
/// number is the key by which a value is stored once, however often it is sent. What append() has
/// taken survives the death of this process at any moment, though not of the machine; a frame that
/// was cut short is dropped when the spool is opened again, and its numbers are given anew.
///
/// Files: `writer` (32 hexadecimal digits), `acknowledged` (a number), segments named by their
/// first number (docs/formats/spool.md). Thread safety: none.
class Spool {
 public:
  /// Opens or makes it. Errors: kAborted when another process has it open; kFailedPrecondition when
  /// the folder cannot be used or its files are none of a spool's; kResourceExhausted for a full
  /// disk.
  explicit Spool(SpoolOptions options);

  const std::string& writer() const noexcept { return writer_; }

  /// Numbers of the last value taken and of the last one acknowledged; 0 for none.
  std::int64_t last() const noexcept { return next_ - 1; }
  std::int64_t acknowledged() const noexcept { return acknowledged_; }

  /// Takes values, all or none. Errors: kResourceExhausted for a full disk.
  void append(std::span<const MetricValue> values);

  /// True when so much waits that the trial should be made to wait too.
  bool is_full() const noexcept { return bytes_ >= options_.most_bytes; }

  /// Up to about `most_bytes` of the values after number `after`, in order, at least one if there
  /// is any. Errors: kInvalidArgument when `after` lies before what was acknowledged; kInternal for
  /// damage to a file.
  std::vector<MetricValue> read(std::int64_t after, std::size_t most_bytes);

  /// Everything up to number `sequence` has arrived; what is whole segments of it goes from the
  /// disk. Smaller numbers than before change nothing. Errors: kInvalidArgument beyond last().
  void acknowledge(std::int64_t sequence);

 private:
  struct Segment {
    std::int64_t first = 1;
    std::int64_t last = 0;
    std::uint64_t bytes = 0;
  };
  /// Where the next read() goes on, if it asks for what follows.
  struct Cursor {
    std::int64_t next = 0;
    std::int64_t segment = 0;  // its first number
    std::uint64_t offset = 0;
  };

  std::filesystem::path file_of(const Segment& segment) const;
  void open_segments();
  void scan(Segment& segment, bool is_newest);
  void start_segment();

  SpoolOptions options_;
  FileDescriptor lock_;
  FileDescriptor newest_;  // the last segment, for appending
  std::string writer_;
  std::int64_t next_ = 1;
  std::int64_t acknowledged_ = 0;
  std::uint64_t bytes_ = 0;  // of all segments
  std::deque<Segment> segments_;
  Cursor cursor_;
};

}  // namespace mimar::agent
