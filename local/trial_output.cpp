#include "local/trial_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace mimar::local {
namespace {

constexpr std::size_t kMaxMessageBytes = 200;

/// A line as part of a message: printable ASCII as it is, each other byte as '?'. Messages are
/// stored and shown, and a line cut anywhere may end within a character.
std::string for_message(std::string_view line) {
  std::string text(line.substr(0, kMaxMessageBytes));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = c == '\t' ? ' ' : '?';
  }
  if (line.size() > kMaxMessageBytes) text += "...";
  return text;
}

}  // namespace

TrialOutput::TrialOutput(const std::filesystem::path& log,
                         std::shared_ptr<const agent::TextFilter> text_filter, TimePoint now) {
  const std::filesystem::path directory = log.parent_path();
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    fail(ErrorCode::kFailedPrecondition, "cannot make the trial's folder ", directory.string(),
         ": ", error.message());
  }
  log_.reset(::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644));
  if (!log_) fail_errno("cannot open the trial's log " + log.string());
  if (text_filter) text_reader_ = std::make_unique<agent::TextMetricReader>(std::move(text_filter));
  struct stat status {};
  if (::fstat(log_.get(), &status) == 0 && status.st_size > 0) {
    write("\n");  // the last line may have been cut
    note("runs again at " + to_rfc3339(now));
  }
}

void TrialOutput::write(std::string_view bytes) {
  if (bytes.empty()) return;
  at_line_start_ = bytes.back() == '\n';
  while (!bytes.empty() && log_) {
    const ssize_t size = ::write(log_.get(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {  // a full disk costs the log, not the trial
      log_warn("cannot write a trial's log", {{"error", std::generic_category().message(errno)}});
      log_.reset();
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void TrialOutput::note(std::string_view text) {
  if (!at_line_start_) write("\n");
  write(concat("[mimar] ", text, "\n"));
}

void TrialOutput::add_output(std::string_view bytes, TimePoint now,
                             std::vector<experiment::Observation>& reported) {
  write(bytes);
  output_lines_.add(bytes, [&](std::string_view line) { read_output_line(line, now); });
  move_found(reported);
}

void TrialOutput::add_metrics(std::string_view bytes, TimePoint now,
                              std::vector<experiment::Observation>& reported) {
  metric_lines_.add(bytes, [&](std::string_view line) { read_metrics_line(line, now); });
  move_found(reported);
}

void TrialOutput::read_source(TimePoint now, std::vector<experiment::Observation>& reported) {
  if (source_) source_->read(now, found_, problems_);
  tell_problems();
  move_found(reported);
}

void TrialOutput::add_pages(std::string_view bytes, TimePoint now,
                            std::vector<experiment::Observation>& reported) {
  if (pages_) pages_->add(bytes, now, found_);
  move_found(reported);
}

void TrialOutput::tell_problems() {
  for (const std::string& problem : problems_) note(for_message(problem));
  problems_.clear();
}

void TrialOutput::finish(TimePoint now, std::vector<experiment::Observation>& reported) {
  output_lines_.finish([&](std::string_view line) { read_output_line(line, now); });
  metric_lines_.finish([&](std::string_view line) { read_metrics_line(line, now); });
  if (source_) source_->finish(now, found_, problems_);
  tell_problems();
  if (pages_ && pages_->num_pages() == 0) {
    note("no page of metrics was read: nothing answered at metricsCollectorSpec.source.httpGet");
  }
  move_found(reported);
}

void TrialOutput::read_output_line(std::string_view line, TimePoint now) {
  if (line.find_first_not_of(" \t\r") != std::string_view::npos) last_line_ = for_message(line);
  if (text_reader_) text_reader_->read(line, now, found_);
}

void TrialOutput::read_metrics_line(std::string_view line, TimePoint now) {
  const auto problem = line_reader_.read(line, now, found_);
  if (!problem || told_bad_line_) return;
  told_bad_line_ = true;
  note(concat("a line on MIMAR_METRICS_FD cannot be read (later ones are passed over silently): ",
              *problem, ": ", for_message(line)));
}

void TrialOutput::move_found(std::vector<experiment::Observation>& reported) {
  for (agent::MetricValue& value : found_) {
    reported.push_back({.metric = std::move(value.metric),
                        .step = value.step,
                        .time = value.time,
                        .value = std::move(value.value)});
  }
  found_.clear();
}

}  // namespace mimar::local
