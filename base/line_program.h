#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/json.h"

namespace mimar {

/// A program beside this one that answers each line of JSON on its stdin with one on its stdout.
/// Its stderr is ours. It ends when this object does: its stdin closes, and a second later it is
/// killed.
///
/// Thread safety: none.
class LineProgram {
 public:
  /// Starts it. Errors: kNotFound when it cannot be started.
  explicit LineProgram(const std::vector<std::string>& arguments);
  ~LineProgram();
  LineProgram(const LineProgram&) = delete;
  LineProgram& operator=(const LineProgram&) = delete;

  /// Sends a request and waits for the answer.
  /// Errors: kUnavailable when the program has ended, or answers something else than a line of
  /// JSON.
  Json call(const Json& request);

  pid_t pid() const noexcept { return pid_; }

 private:
  std::string read_line();

  std::string name_;  // for messages
  pid_t pid_ = 0;
  FileDescriptor socket_;  // its stdin and stdout
  std::string buffer_;     // read and not yet returned
};

}  // namespace mimar
