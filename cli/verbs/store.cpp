#include "cli/verbs/store.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "cli/cleaning.h"
#include "cli/output_format.h"
#include "cli/run/run_lock.h"
#include "cli/state_dir.h"
#include "cli/text.h"
#include "experiment/store/maintenance.h"

namespace mimar::cli {
namespace {

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return concat(count, ' ', count == 1 ? one : many);
}

/// Errors: kAborted while a process runs an experiment.
void require_rest(Context& context) {
  for (const auto& stored : context.store_to_read().list_experiments()) {
    const std::string& name = stored.experiment.name;
    const auto runner = find_runner(context.state_dir(), name);
    if (!runner) continue;
    fail(ErrorCode::kAborted, "experiment \"", name, "\" is running, pid ", *runner,
         ", and writes to the store; stop it first: `mimar stop ", name, '`');
  }
}

std::string_view reason(Waste::Why why) {
  switch (why) {
    case Waste::Why::kEndedBadly:
      return "the trial failed or was killed";
    case Waste::Why::kUnknownTrial:
      return "of no trial";
    case Waste::Why::kUnknownExperiment:
      return "of no experiment";
  }
  return "";
}

/// "3 files and folders of failed or killed trials, 1 of no experiment, 12.3 MB".
std::string summary(const std::vector<Waste>& waste) {
  const auto num = [&](Waste::Why why) {
    return std::count_if(waste.begin(), waste.end(),
                         [why](const Waste& one) { return one.why == why; });
  };
  std::string text = concat(num(Waste::Why::kEndedBadly), " of failed or killed trials");
  if (const auto count = num(Waste::Why::kUnknownTrial))
    text += concat(", ", count, " of no trial");
  if (const auto count = num(Waste::Why::kUnknownExperiment)) {
    text += concat(", ", count, " of no experiment");
  }
  return concat(counted(waste.size(), "folder", "folders"), " (", text, "), ",
                bytes_text(total_bytes(waste)));
}

}  // namespace

ExitCode store_check(Context& context) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl});
  const experiment::StoreReport report = experiment::check_store(context.state_dir());
  const bool sound = report.problems.empty();
  if (shows_objects(format)) {
    write_object(context.out(), format,
                 {{"schema", report.schema},
                  {"newestSchema", report.newest_schema},
                  {"experiments", report.num_experiments},
                  {"trials", report.num_trials},
                  {"problems", report.problems}});
    return sound ? kDone : kFailure;
  }
  for (const std::string& problem : report.problems) context.out() << problem << '\n';
  const std::string file = (context.state_dir() / "mimar.db").string();
  if (!sound) {
    context.print_error(concat(file, " has ", counted(report.problems.size(), "fault", "faults")),
                        "go back to a backup, or move the file away and start anew");
    return kFailure;
  }
  if (report.schema != report.newest_schema) {
    context.print_note(concat(file, " is whole, and of schema ", report.schema, "; this Mimar has ",
                              report.newest_schema,
                              ": `mimar store migrate` brings it up to date"));
    return kDone;
  }
  context.print_note(
      concat(file, " is sound: schema ", report.schema, ", ",
             counted(static_cast<std::size_t>(report.num_experiments), "experiment", "experiments"),
             ", ", counted(static_cast<std::size_t>(report.num_trials), "trial", "trials"), ", ",
             bytes_text(experiment::store_bytes(context.state_dir()))));
  return kDone;
}

ExitCode store_backup(Context& context, const StoreBackupOptions& options) {
  experiment::backup_store(context.state_dir(), options.file);
  context.print_note(concat("the store is in ", options.file, ", ",
                            bytes_text(std::filesystem::file_size(options.file)),
                            "; as mimar.db of an empty --state-dir it is a store again. Trials' "
                            "logs and files are not in it"));
  return kDone;
}

ExitCode store_migrate(Context& context) {
  const experiment::Migration done = experiment::migrate_store(context.state_dir());
  if (done.from == done.to) {
    context.print_note(concat("the store is up to date: schema ", done.to));
  } else {
    context.print_note(concat("the store went from schema ", done.from, " to ", done.to,
                              done.backup ? "; as it was it is in " + done.backup->string() : ""));
  }
  return kDone;
}

ExitCode store_vacuum(Context& context) {
  require_rest(context);
  context.close_store();
  const experiment::StoreSize size = experiment::vacuum_store(context.state_dir());
  context.print_note(
      concat("the store has ", bytes_text(size.after), ", before ", bytes_text(size.before)));
  return kDone;
}

ExitCode store_clean(Context& context, const StoreCleanOptions& options) {
  TimePoint ended_before = context.clock().now();
  if (!options.older_than.empty()) ended_before -= parse_duration(options.older_than);
  experiment::Store& store = context.store_to_read();
  const std::vector<Waste> waste = find_waste(context.state_dir(), store, ended_before);
  if (options.dry_run) {
    for (const Waste& one : waste) {
      context.out() << one.path.string() << "  " << bytes_text(one.bytes) << "  " << reason(one.why)
                    << '\n';
    }
    context.print_note("would remove " + summary(waste));
    return kDone;
  }
  if (waste.empty()) {
    context.print_note("nothing to remove");
    return kDone;
  }
  if (!context.confirm("Remove " + summary(waste) + '?')) {
    context.print_note("nothing removed");
    return kFailure;
  }
  const std::vector<Waste> removed = remove_waste(context.state_dir(), store, waste);
  context.print_note("removed " + summary(removed));
  if (removed.size() == waste.size()) return kDone;
  context.print_error(concat(waste.size() - removed.size(),
                             " could not be removed, or are in use by a process by now"));
  return kFailure;
}

}  // namespace mimar::cli
