#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace mimar::agent {

/// Cuts a stream of bytes into lines, whatever the sizes of its pieces.
///
/// A line ends with '\n'; a '\r' before it goes too. Of a line longer than the limit only the first
/// `max_line_bytes` are kept, so memory is bounded whatever a program writes.
///
/// Thread safety: none.
class LineBuffer {
 public:
  static constexpr std::size_t kDefaultLimit = std::size_t{1} << 20U;

  explicit LineBuffer(std::size_t max_line_bytes = kDefaultLimit) : limit_(max_line_bytes) {}

  /// Takes `bytes` and calls `on_line(std::string_view)` for each line that is now complete. The
  /// view is valid during the call only.
  template <class OnLine>
  void add(std::string_view bytes, OnLine&& on_line) {
    while (true) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      if (rest_.empty() && end <= limit_) {  // the usual case needs no copy
        on_line(without_return(bytes.substr(0, end)));
      } else {
        keep(bytes.substr(0, end));
        on_line(without_return(rest_));
        rest_.clear();
      }
      bytes.remove_prefix(end + 1);
    }
    keep(bytes);
  }

  /// Hands out what came after the last '\n', if anything, as the last line.
  template <class OnLine>
  void finish(OnLine&& on_line) {
    if (!rest_.empty()) on_line(without_return(rest_));
    rest_.clear();
  }

 private:
  static std::string_view without_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void keep(std::string_view bytes) {
    rest_.append(bytes.substr(0, limit_ - std::min(limit_, rest_.size())));
  }

  std::size_t limit_;
  std::string rest_;
};

}  // namespace mimar::agent
