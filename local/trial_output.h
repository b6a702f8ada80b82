#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/exposition.h"
#include "agent/line_buffer.h"
#include "agent/metric_lines.h"
#include "agent/metric_source.h"
#include "agent/text_filter.h"
#include "base/file_descriptor.h"
#include "experiment/trial.h"

namespace mimar::local {

/// Keeps what a replica of a trial writes: its output in a log, its metrics as observations.
///
/// Output goes to the file as it comes. When the file holds an earlier run of the same trial, a
/// line tells where the new one begins. Lines of Mimar's own begin with "[mimar] ".
///
/// Thread safety: none.
class TrialOutput {
 public:
  /// Opens `log`, and makes its folder. With a text filter, output is searched for metrics.
  /// Errors: those of the file system, naming the path.
  TrialOutput(const std::filesystem::path& log,
              std::shared_ptr<const agent::TextFilter> text_filter, TimePoint now);

  /// Metrics also come from files, or from pages with the values of these metrics.
  void set_source(std::unique_ptr<agent::MetricSource> source) { source_ = std::move(source); }
  void expect_pages(std::vector<std::string> metric_names) {
    pages_.emplace(std::move(metric_names));
  }
  bool has_source() const noexcept { return source_ != nullptr; }

  /// Reads what is new in the files.
  void read_source(TimePoint now, std::vector<experiment::Observation>& reported);
  /// Takes bytes of the pages, each of which ends with '\0'.
  void add_pages(std::string_view bytes, TimePoint now,
                 std::vector<experiment::Observation>& reported);

  /// Takes bytes of stdout and stderr, or of the metrics pipe; appends what they report.
  void add_output(std::string_view bytes, TimePoint now,
                  std::vector<experiment::Observation>& reported);
  void add_metrics(std::string_view bytes, TimePoint now,
                   std::vector<experiment::Observation>& reported);

  /// Takes last lines that no newline ended.
  void finish(TimePoint now, std::vector<experiment::Observation>& reported);

  /// Writes a line of Mimar's own into the log.
  void note(std::string_view text);

  /// The last line of output that was not blank, shortened to what fits into a message.
  const std::string& last_line() const noexcept { return last_line_; }

 private:
  void read_output_line(std::string_view line, TimePoint now);
  void read_metrics_line(std::string_view line, TimePoint now);
  void write(std::string_view bytes);
  void move_found(std::vector<experiment::Observation>& reported);
  void tell_problems();

  FileDescriptor log_;
  bool at_line_start_ = true;
  agent::LineBuffer output_lines_;
  agent::LineBuffer metric_lines_;
  std::unique_ptr<agent::TextMetricReader> text_reader_;
  agent::MetricLineReader line_reader_;
  std::unique_ptr<agent::MetricSource> source_;
  std::optional<agent::PageMetricReader> pages_;
  std::vector<std::string> problems_;
  bool told_bad_line_ = false;
  std::string last_line_;
  std::vector<agent::MetricValue> found_;
};

}  // namespace mimar::local
