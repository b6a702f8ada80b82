#include "cli/run/reporter.h"

#include <sched.h>
#include <unistd.h>

#include <ostream>

#include "cli/output_format.h"

namespace mimar::cli {
namespace {

using experiment::Trial;

constexpr std::chrono::milliseconds kFrameInterval{100};
constexpr std::chrono::seconds kProgressInterval{10};

int num_usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

/// Draws a block in place; what finishes scrolls by above it.
class ScreenReporter final : public Reporter {
 public:
  ScreenReporter(RunProgress progress, Context& context)
      : Reporter(std::move(progress), context.clock()),
        style_(context.err_style()),
        block_(context.err()),
        num_cores_(num_usable_cores()) {}

  void on_trial_started(const Trial& trial) override {
    progress_.start(trial, clock_.now());
    draw_if_due();
  }
  void on_report(const Trial& trial,
                 const std::vector<experiment::Observation>& observations) override {
    progress_.report(trial, observations);
    draw_if_due();
  }
  void on_trial_finished(const Trial& trial, bool is_best) override {
    above_.push_back(finished_line(progress_, trial, is_best, layout()));
    progress_.finish(trial, is_best);
    draw_if_due();
  }
  void on_phase(const experiment::ExperimentState& state) override {
    progress_.set_state(state);
    draw(clock_.now());
  }
  void on_note(std::string_view note) override {
    above_.push_back(style_.paint(Paint::kWarning, "note: ") + std::string(note));
    draw_if_due();
  }
  void on_tick(TimePoint /*now*/) override { draw_if_due(); }
  void set_hint(std::string hint) override {
    hint_ = std::move(hint);
    draw(clock_.now());
  }
  void close() override {
    draw(clock_.now());
    block_.clear(terminal_size(STDERR_FILENO));
  }

 private:
  ScreenLayout layout() const {
    return {.size = terminal_size(STDERR_FILENO), .style = style_, .num_cores = num_cores_};
  }
  void draw_if_due() {
    const TimePoint now = clock_.now();
    if (now - drawn_at_ >= kFrameInterval || now < drawn_at_) draw(now);
  }
  void draw(TimePoint now) {
    drawn_at_ = now;
    const ScreenLayout frame = layout();
    block_.draw(std::exchange(above_, {}), progress_block(progress_, now, hint_, frame),
                frame.size);
  }

  Style style_;
  LiveBlock block_;
  int num_cores_;
  std::string hint_ = "Ctrl-C: stop after running trials";
  std::vector<std::string> above_;  // finished since the last frame
  TimePoint drawn_at_{};
};

/// Writes one line per event, as text or JSON, and a progress line now and then.
class LineReporter final : public Reporter {
 public:
  LineReporter(RunProgress progress, Context& context, bool json)
      : Reporter(std::move(progress), context.clock()), out_(context.out()), json_(json) {
    progress_at_ = clock_.now();
    write(run_began_event(progress_, progress_at_));
  }

  void on_trial_started(const Trial& trial) override {
    progress_.start(trial, clock_.now());
    write(trial_started_event(trial, clock_.now()));
  }
  void on_report(const Trial& trial,
                 const std::vector<experiment::Observation>& observations) override {
    progress_.report(trial, observations);
  }
  void on_trial_finished(const Trial& trial, bool is_best) override {
    progress_.finish(trial, is_best);
    write(trial_finished_event(progress_, trial, is_best, clock_.now()));
  }
  void on_phase(const experiment::ExperimentState& state) override {
    progress_.set_state(state);
    write(phase_event(progress_, state, clock_.now()));
  }
  void on_note(std::string_view note) override { write(note_event(note, clock_.now())); }
  void on_tick(TimePoint now) override {
    if (now - progress_at_ < kProgressInterval) return;
    progress_at_ = now;
    write(progress_event(progress_, now));
  }
  void set_hint(std::string hint) override {
    if (!hint.empty()) on_note(hint);
  }

 private:
  void write(const RunEvent& event) {
    if (json_) {
      out_ << to_json(event).dump(-1, ' ', false, Json::error_handler_t::replace);
    } else {
      out_ << to_line(event);
    }
    out_ << '\n' << std::flush;
  }

  std::ostream& out_;
  bool json_;
  TimePoint progress_at_{};
};

/// Keeps count and says nothing.
class QuietReporter final : public Reporter {
 public:
  using Reporter::Reporter;

  void on_trial_started(const Trial& trial) override { progress_.start(trial, clock_.now()); }
  void on_report(const Trial& /*trial*/,
                 const std::vector<experiment::Observation>& /*observations*/) override {}
  void on_trial_finished(const Trial& trial, bool is_best) override {
    progress_.finish(trial, is_best);
  }
  void on_phase(const experiment::ExperimentState& state) override { progress_.set_state(state); }
  void on_note(std::string_view /*note*/) override {}
  void on_tick(TimePoint /*now*/) override {}
  void set_hint(std::string /*hint*/) override {}
};

}  // namespace

std::unique_ptr<Reporter> make_reporter(RunView view, RunProgress progress, Context& context) {
  switch (view) {
    case RunView::kScreen:
      return std::make_unique<ScreenReporter>(std::move(progress), context);
    case RunView::kLines:
      return std::make_unique<LineReporter>(std::move(progress), context, false);
    case RunView::kJsonLines:
      return std::make_unique<LineReporter>(std::move(progress), context, true);
    case RunView::kQuiet:
      break;
  }
  return std::make_unique<QuietReporter>(std::move(progress), context.clock());
}

RunView choose_view(const Context& context) {
  const OutputFormat format =
      parse_output_format(context.options().output, {OutputFormat::kTable, OutputFormat::kJsonl});
  if (format == OutputFormat::kJsonl) return RunView::kJsonLines;
  if (context.options().quiet) return RunView::kQuiet;
  const Console& console = context.console();
  const bool can_redraw = console.out_is_terminal && console.err_is_terminal &&
                          environment("TERM") != "dumb" && context.options().verbosity == 0;
  return can_redraw ? RunView::kScreen : RunView::kLines;
}

}  // namespace mimar::cli
