#include "agent/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <cerrno>
#include <cstring>
#include <random>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "base/whole_file.h"

namespace mimar::agent {
namespace {

namespace fs = std::filesystem;

/// A frame: its payload's size, the CRC-32 of what follows, the number of its first value, how many
/// there are, and the values. Numbers are little-endian.
constexpr std::size_t kHeadBytes = 4 + 4 + 8 + 4;
/// One frame holds what came at once; a size beyond this is damage.
constexpr std::uint32_t kMaxFrameBytes = std::uint32_t{1} << 28U;
/// Appends are cut into frames of about this size.
constexpr std::size_t kFrameBytes = std::size_t{1} << 18U;
constexpr const char* kSegmentSuffix = ".segment";

template <class Number>
void put(std::string& out, Number number) {
  std::array<char, sizeof number> bytes;
  std::memcpy(bytes.data(), &number, sizeof number);
  out.append(bytes.data(), bytes.size());
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

void put_value(std::string& out, const MetricValue& value) {
  put(out, value.step);
  put(out, static_cast<std::int64_t>(value.time.time_since_epoch().count()));
  put_text(out, value.metric);
  put_text(out, value.value);
}

/// Takes numbers and texts from the front of bytes; `is_good` is false once they do not suffice.
struct FrameReader {
  std::string_view rest;
  bool is_good = true;

  template <class Number>
  Number number() {
    Number number{};
    const std::string_view bytes = take(sizeof number);
    if (is_good) std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }
  std::string text() { return std::string(take(number<std::uint32_t>())); }

  std::string_view take(std::size_t size) {
    is_good = is_good && size <= rest.size();
    if (!is_good) return {};
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
};

std::uint32_t checksum(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

struct FrameHead {
  std::uint32_t payload_bytes = 0;
  std::uint32_t crc = 0;
  std::int64_t first = 0;
  std::uint32_t count = 0;
};

/// One frame with its values; empty where it is cut short or damaged.
struct Frame {
  FrameHead head;
  std::string payload;
};

std::string make_frame(std::int64_t first, std::uint32_t count, const std::string& payload) {
  std::string checked;
  put(checked, first);
  put(checked, count);
  checked += payload;
  std::string frame;
  put(frame, static_cast<std::uint32_t>(payload.size()));
  put(frame, checksum(checked));
  return frame + checked;
}

/// Reads so many bytes at a place; fewer at the file's end.
std::string read_at(int file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t part =
        ::pread(file, bytes.data() + got, size - got, static_cast<off_t>(offset + got));
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) fail_errno("cannot read a spool");
    if (part == 0) break;
    got += static_cast<std::size_t>(part);
  }
  bytes.resize(got);
  return bytes;
}

/// The frame at a place; nothing when there is no whole one.
bool read_frame(int file, std::uint64_t offset, Frame& frame) {
  const std::string head = read_at(file, offset, kHeadBytes);
  FrameReader reader{head};
  frame.head.payload_bytes = reader.number<std::uint32_t>();
  frame.head.crc = reader.number<std::uint32_t>();
  frame.head.first = reader.number<std::int64_t>();
  frame.head.count = reader.number<std::uint32_t>();
  if (!reader.is_good || frame.head.payload_bytes > kMaxFrameBytes) return false;
  frame.payload = read_at(file, offset + kHeadBytes, frame.head.payload_bytes);
  if (frame.payload.size() != frame.head.payload_bytes) return false;
  return checksum(head.substr(8) + frame.payload) == frame.head.crc;
}

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(file, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail_errno("cannot write a spool");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::string random_name() {
  std::random_device device;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string name;
  for (int i = 0; i < 4; ++i) {
    std::uint32_t word = device();
    for (int digit = 0; digit < 8; ++digit, word >>= 4U) name += kDigits[word & 15U];
  }
  return name;
}

/// The text of a small file; empty when there is none.
std::string small_text(const fs::path& file) {
  const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) {
    if (errno == ENOENT) return {};
    fail_errno(concat("cannot read ", file.string()));
  }
  return read_at(opened.get(), 0, 64);
}

FileDescriptor open_file(const fs::path& file, int flags) {
  FileDescriptor opened(::open(file.c_str(), flags | O_CLOEXEC, 0600));
  if (!opened) fail_errno(concat("cannot open ", file.string()));
  return opened;
}

}  // namespace

Spool::Spool(SpoolOptions options) : options_(std::move(options)) {
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error) {
    fail(ErrorCode::kFailedPrecondition, "cannot make the spool ", options_.folder.string(), ": ",
         error.message());
  }
  lock_ = open_file(options_.folder / "lock", O_RDWR | O_CREAT);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    fail(ErrorCode::kAborted, "another process has the spool ", options_.folder.string(), " open");
  }
  writer_ = small_text(options_.folder / "writer");
  if (writer_.empty()) {
    writer_ = random_name();
    write_whole_file(options_.folder / "writer", writer_);
  }
  const std::string acknowledged = small_text(options_.folder / "acknowledged");
  const auto number = find_integer(acknowledged);
  if (!acknowledged.empty() && (!number || *number < 0)) {
    fail(ErrorCode::kFailedPrecondition, (options_.folder / "acknowledged").string(),
         " holds no number: this is no spool");
  }
  acknowledged_ = number.value_or(0);
  open_segments();
}

fs::path Spool::file_of(const Segment& segment) const {
  std::string digits = std::to_string(segment.first);
  digits.insert(0, 20 - std::min<std::size_t>(20, digits.size()), '0');
  return options_.folder / (digits + kSegmentSuffix);
}

void Spool::open_segments() {
  for (const fs::directory_entry& entry : fs::directory_iterator(options_.folder)) {
    if (entry.path().extension() != kSegmentSuffix) continue;
    const std::string stem = entry.path().stem().string();
    const std::size_t digits = std::min(stem.find_first_not_of('0'), stem.size());
    const auto first = find_integer(stem.substr(digits));
    if (!first || *first < 1) {
      fail(ErrorCode::kFailedPrecondition, entry.path().string(), " is no segment of a spool");
    }
    segments_.push_back({.first = *first, .last = *first - 1, .bytes = 0});
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const Segment& a, const Segment& b) { return a.first < b.first; });
  for (Segment& segment : segments_) scan(segment, &segment == &segments_.back());
  if (segments_.empty()) {
    next_ = acknowledged_ + 1;
    return;
  }
  next_ = segments_.back().last + 1;
  // Acknowledged, and lost with a frame that was cut: its numbers must not come again.
  next_ = std::max(next_, acknowledged_ + 1);
  newest_ = open_file(file_of(segments_.back()), O_WRONLY | O_APPEND);
}

/// Finds the segment's end; the newest one loses what was cut short.
void Spool::scan(Segment& segment, bool is_newest) {
  const FileDescriptor file = open_file(file_of(segment), O_RDWR);
  Frame frame;
  while (read_frame(file.get(), segment.bytes, frame)) {
    segment.last = frame.head.first + frame.head.count - 1;
    segment.bytes += kHeadBytes + frame.head.payload_bytes;
  }
  if (is_newest && ::ftruncate(file.get(), static_cast<off_t>(segment.bytes)) != 0) {
    fail_errno("cannot mend a spool");
  }
  bytes_ += segment.bytes;
}

void Spool::start_segment() {
  segments_.push_back({.first = next_, .last = next_ - 1, .bytes = 0});
  newest_ = open_file(file_of(segments_.back()), O_WRONLY | O_APPEND | O_CREAT | O_TRUNC);
}

void Spool::append(std::span<const MetricValue> values) {
  std::string frames;
  std::string payload;
  std::int64_t next = next_;
  std::uint32_t count = 0;
  const auto close_frame = [&] {
    if (count == 0) return;
    frames += make_frame(next, count, payload);
    next += count;
    count = 0;
    payload.clear();
  };
  for (const MetricValue& value : values) {
    put_value(payload, value);
    ++count;
    if (payload.size() >= kFrameBytes) close_frame();
  }
  close_frame();
  if (frames.empty()) return;
  if (segments_.empty() || segments_.back().bytes >= options_.segment_bytes) start_segment();
  Segment& segment = segments_.back();
  try {
    write_all(newest_.get(), frames);
  } catch (...) {  // all or none
    if (::ftruncate(newest_.get(), static_cast<off_t>(segment.bytes)) != 0) newest_.reset();
    throw;
  }
  segment.bytes += frames.size();
  segment.last = next - 1;
  bytes_ += frames.size();
  next_ = next;
}

std::vector<MetricValue> Spool::read(std::int64_t after, std::size_t most_bytes) {
  require(after >= acknowledged_, "values up to ", acknowledged_,
          " are gone, asked for those after ", after);
  std::vector<MetricValue> values;
  if (after >= last()) return values;
  if (cursor_.next != after + 1) {
    const auto holder = std::find_if(segments_.begin(), segments_.end(),
                                     [after](const Segment& one) { return one.last > after; });
    check(holder != segments_.end(), "a number that was given is in a segment");
    cursor_ = {.next = holder->first, .segment = holder->first, .offset = 0};
  }
  std::size_t bytes = 0;
  FileDescriptor file;
  std::int64_t opened = 0;
  while (cursor_.next <= last() && (values.empty() || bytes < most_bytes)) {
    const auto segment =
        std::find_if(segments_.begin(), segments_.end(),
                     [this](const Segment& one) { return one.first == cursor_.segment; });
    check(segment != segments_.end(), "the cursor stands in a segment");
    if (cursor_.offset >= segment->bytes) {
      const auto following = std::next(segment);
      check(following != segments_.end(), "values lie in the segments");
      cursor_ = {.next = following->first, .segment = following->first, .offset = 0};
      continue;
    }
    if (opened != cursor_.segment) file = open_file(file_of(*segment), O_RDONLY);
    opened = cursor_.segment;
    Frame frame;
    check(read_frame(file.get(), cursor_.offset, frame), "a spool's frames stay as they were");
    FrameReader reader{frame.payload};
    std::int64_t number = frame.head.first;
    for (std::uint32_t i = 0; i < frame.head.count; ++i, ++number) {
      MetricValue value;
      value.step = reader.number<std::int64_t>();
      value.time = TimePoint(std::chrono::microseconds(reader.number<std::int64_t>()));
      value.metric = reader.text();
      value.value = reader.text();
      if (number > after) values.push_back(std::move(value));
    }
    check(reader.is_good && reader.rest.empty(), "a spool's values are whole");
    cursor_.next = number;
    cursor_.offset += kHeadBytes + frame.head.payload_bytes;
    bytes += frame.payload.size();
  }
  return values;
}

void Spool::acknowledge(std::int64_t sequence) {
  require(sequence <= last(), "acknowledged up to ", sequence, " of ", last());
  if (sequence <= acknowledged_) return;
  write_whole_file(options_.folder / "acknowledged", std::to_string(sequence));
  acknowledged_ = sequence;
  while (!segments_.empty() && segments_.front().last <= sequence) {
    // The one that is written to stays until it is full: making files costs more than keeping one.
    if (segments_.size() == 1 && segments_.front().bytes < options_.segment_bytes) return;
    if (segments_.size() == 1) newest_.reset();
    fs::remove(file_of(segments_.front()));
    bytes_ -= segments_.front().bytes;
    segments_.pop_front();
  }
}

}  // namespace mimar::agent
