#include "cli/verbs/listing.h"

#include <utility>

#include <chrono>
#include <ostream>

#include "base/error.h"
#include "base/number_text.h"
#include "cli/run/run_lock.h"
#include "cli/text.h"

namespace mimar::cli {

Cell number_cell(double value) {
  return {.text = format_metric(value), .raw = to_text(value), .number = value};
}

Cell count_cell(int count) { return {.text = concat(count), .number = static_cast<double>(count)}; }

Cell age_cell(TimePoint since, TimePoint now) {
  const auto age = now - since;
  return {.text = format_age(age),
          .raw = to_rfc3339(since),
          .number = std::chrono::duration<double>(age).count()};
}

void print_table(Context& context, Table table, OutputFormat format, const std::string& sort_by) {
  if (!sort_by.empty()) table.sort_by(sort_by);
  if (format == OutputFormat::kCsv) {
    context.out() << table.to_csv();
  } else {
    context.out() << table.to_text(format == OutputFormat::kWide, context.out_style(),
                                   context.table_width());
  }
}

void print_objects(Context& context, std::vector<Json> objects, OutputFormat format,
                   const GetOptions& options) {
  if (!options.name.empty()) {
    write_object(context.out(), format, objects.front());
  } else {
    write_objects(context.out(), format, std::move(objects));
  }
}

void say_nothing_found(Context& context, std::string_view what) {
  context.print_note(concat("No ", what, " found in ", context.state_dir().string(), "."));
}

bool runs_now(Context& context, const experiment::StoredExperiment& stored) {
  return !experiment::is_final(stored.state.phase) &&
         find_runner(context.state_dir(), stored.experiment.name).has_value();
}

}  // namespace mimar::cli
