#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/json.h"

namespace mimar::trainer {

/// Says how a training goes: a line of `name=value` words for people and StdOut collectors, and
/// one JSON line on the metrics pipe, if there is one:
/// {"step":1,"time":"2026-11-24T10:42:07Z","metrics":{"validation-accuracy":0.91}}.
///
/// Borrows the stream and the clock. A metrics pipe whose reader has gone is left alone (the
/// process must ignore SIGPIPE).
class Reporter {
 public:
  Reporter(std::ostream& out, const Clock& clock, std::optional<int> metrics_fd)
      : out_(out), clock_(clock), metrics_fd_(metrics_fd) {}

  /// `metrics`: an object of numbers and texts; NaN and infinities are written as "nan", "inf",
  /// "-inf". The line for people has the numbers only.
  void report(std::int64_t step, const Json& metrics);

  /// From now on these metrics have other names: old name -> new one.
  void rename(std::map<std::string, std::string> names) { names_ = std::move(names); }

  /// Texts for the metrics pipe only.
  void report_texts(std::int64_t step, const Json& texts);

  /// From now on `report` says nothing: another process of the training reports. Remarks go on.
  void keep_metrics_back() { reports_ = false; }

  /// A remark for people only.
  void remark(std::string_view text);

 private:
  void send(std::int64_t step, const Json& metrics);

  std::ostream& out_;
  const Clock& clock_;
  std::optional<int> metrics_fd_;
  bool reports_ = true;
  std::map<std::string, std::string> names_ = {};
};

/// The descriptor that MIMAR_METRICS_FD names; nothing when the variable is unset or empty.
/// Errors: kInvalidArgument when it names no open descriptor.
std::optional<int> find_metrics_fd();

}  // namespace mimar::trainer
