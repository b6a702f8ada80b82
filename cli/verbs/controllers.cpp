#include "cli/verbs/controllers.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"
#include "cli/controllers.h"
#include "cli/lookup.h"
#include "cli/output_file.h"
#include "cli/output_format.h"
#include "cli/table.h"
#include "cli/text.h"
#include "controller/saved_policy.h"
#include "experiment/store/artifacts.h"
#include "space/space_json.h"

namespace mimar::cli {
namespace {

namespace ex = experiment;
using controller::SavedPolicy;
using ex::SavedController;

Json to_object(const SavedController& saved) {
  return {{"kind", "Controller"},
          {"metadata", {{"name", saved.name}, {"creationTimestamp", to_rfc3339(saved.created_at)}}},
          {"version", saved.version},
          {"digest", saved.digest},
          {"bytes", saved.bytes},
          {"experiment", saved.experiment}};
}

Json to_object(const SavedController& saved, const SavedPolicy& policy) {
  Json object = to_object(saved);
  object["origin"] = policy.origin;
  object["updates"] = policy.num_updates;
  object["trials"] = policy.history.size();
  object["options"] = controller::to_json(policy.options);
  object["space"] = space::to_json(policy.space);
  return object;
}

Table list_table(Context& context, const std::vector<SavedController>& controllers) {
  Table table({{.title = "NAME"},
               {.title = "VERSION", .right_aligned = true},
               {.title = "EXPERIMENT"},
               {.title = "SIZE", .right_aligned = true},
               {.title = "AGE", .right_aligned = true},
               {.title = "DIGEST", .wide_only = true}});
  const TimePoint now = context.clock().now();
  for (const SavedController& one : controllers) {
    table.add_row({{.text = one.name},
                   {.text = concat(one.version), .number = one.version},
                   {.text = one.experiment.empty() ? "(imported)" : one.experiment},
                   {.text = bytes_text(static_cast<std::uintmax_t>(one.bytes)),
                    .raw = concat(one.bytes),
                    .number = static_cast<double>(one.bytes)},
                   {.text = format_age(now - one.created_at),
                    .number = static_cast<double>((now - one.created_at).count())},
                   {.text = one.digest}});
  }
  return table;
}

/// The least first cost among the trials that kept all constraints, as text.
std::string best_cost(const SavedPolicy& policy) {
  const controller::SavedTrial* best = nullptr;
  for (const controller::SavedTrial& trial : policy.history) {
    if (trial.outcome.failed()) continue;
    if (best == nullptr || controller::compare(trial.outcome, best->outcome) > 0) best = &trial;
  }
  return best == nullptr ? "none" : to_text(best->outcome.costs.front());
}

struct DescribeDomain {
  std::string operator()(const space::RealDomain& real) const {
    return concat(to_text(real.low), " to ", to_text(real.high), is_log(real.distribution));
  }
  std::string operator()(const space::IntegerDomain& integer) const {
    return concat(integer.low, " to ", integer.high, is_log(integer.distribution));
  }
  std::string operator()(const space::OrdinalDomain& ordinal) const { return list(ordinal.values); }
  std::string operator()(const space::CategoricalDomain& choices) const {
    return list(choices.values);
  }
  static const char* is_log(space::Distribution distribution) {
    return distribution == space::Distribution::kLogUniform ||
                   distribution == space::Distribution::kLogNormal
               ? ", on a log scale"
               : "";
  }
  static std::string list(const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
    return text;
  }
};

void print_details(Context& context, const SavedController& saved, const SavedPolicy& policy) {
  std::ostream& out = context.out();
  const auto line = [&](const char* name, const std::string& value) {
    out << pad_right(name, 18) << value << '\n';
  };
  line("Controller", full_name(saved));
  line("Digest", saved.digest);
  line("Size", bytes_text(static_cast<std::uintmax_t>(saved.bytes)));
  line("Saved", to_rfc3339(saved.created_at));
  for (const auto& [name, value] : policy.origin) line(name.c_str(), value);
  line("Updates", concat(policy.num_updates));
  line("Trials", concat(policy.history.size(), ", best cost ", best_cost(policy)));
  out << "Decisions\n";
  for (const space::Parameter& parameter : policy.space.parameters()) {
    out << "  " << pad_right(parameter.name, 28) << "  "
        << std::visit(DescribeDomain{}, parameter.domain) << '\n';
  }
}

SavedPolicy read_policy(Context& context, const SavedController& saved) {
  return controller::parse_saved_policy(ex::ArtifactStore(context.state_dir()).get(saved.digest));
}

}  // namespace

ExitCode controllers_list(Context& context, const ControllersListOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kWide, OutputFormat::kJson, OutputFormat::kYaml,
       OutputFormat::kJsonl, OutputFormat::kCsv, OutputFormat::kName});
  std::vector<SavedController> all = context.store_to_read().list_controllers();
  if (!options.name.empty()) {
    const std::string name = get_controller(context, options.name).name;
    std::erase_if(all, [&](const SavedController& one) { return one.name != name; });
  }
  if (shows_objects(format)) {
    std::vector<Json> objects;
    for (const SavedController& one : all) objects.push_back(to_object(one));
    write_objects(context.out(), format, std::move(objects));
    return kDone;
  }
  if (format == OutputFormat::kName) {
    for (const SavedController& one : all) context.out() << full_name(one) << '\n';
    return kDone;
  }
  if (all.empty() && format != OutputFormat::kCsv) {
    context.print_note("no controller has been saved; spec.controller.save does it");
    return kDone;
  }
  const Table table = list_table(context, all);
  context.out() << (format == OutputFormat::kCsv
                        ? table.to_csv()
                        : table.to_text(format == OutputFormat::kWide, context.out_style(),
                                        context.table_width()));
  return kDone;
}

ExitCode controllers_show(Context& context, const ControllersShowOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl});
  const SavedController saved = get_controller(context, options.name);
  const SavedPolicy policy = read_policy(context, saved);
  if (shows_objects(format)) {
    write_object(context.out(), format, to_object(saved, policy));
  } else {
    print_details(context, saved, policy);
  }
  return kDone;
}

ExitCode controllers_save(Context& context, const ControllersSaveOptions& options) {
  const ex::Experiment experiment =
      get_experiment(context.store_to_read(), options.experiment).experiment;
  const auto provider = make_provider(context, experiment);
  const SavedController saved = save_controller(context, experiment, *provider, options.name);
  context.print_note(concat("saved as ", full_name(saved)));
  return kDone;
}

ExitCode controllers_export(Context& context, const ControllersExportOptions& options) {
  const SavedController saved = get_controller(context, options.name);
  write_text(context, options.file, ex::ArtifactStore(context.state_dir()).get(saved.digest));
  context.print_note(concat(full_name(saved), " is in ", options.file));
  return kDone;
}

ExitCode controllers_import(Context& context, const ControllersImportOptions& options) {
  const ex::ControllerName name = ex::parse_controller_name(options.name);
  require(!name.version, "a version is given by importing; leave @", name.version.value_or(0),
          " out");
  std::ifstream file(options.file, std::ios::binary);
  if (!file) fail(ErrorCode::kNotFound, "cannot read ", options.file);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  try {
    controller::parse_saved_policy(bytes);
  } catch (const Error& error) {
    fail(error.code(), options.file, " is no controller: ", error.what());
  }
  const SavedController saved =
      context.store().add_controller({.name = name.name,
                                      .digest = ex::ArtifactStore(context.state_dir()).put(bytes),
                                      .bytes = static_cast<std::int64_t>(bytes.size()),
                                      .created_at = context.clock().now()});
  context.print_note(concat("imported as ", full_name(saved)));
  return kDone;
}

ExitCode controllers_delete(Context& context, const ControllersDeleteOptions& options) {
  const ex::ControllerName name = ex::parse_controller_name(options.name);
  const SavedController newest = get_controller(context, options.name);
  std::vector<SavedController> doomed;
  for (SavedController& one : context.store().list_controllers()) {
    const bool is_meant = one.name == name.name && (!name.version || one.version == newest.version);
    if (is_meant) doomed.push_back(std::move(one));
  }
  const std::string what =
      doomed.size() == 1 ? concat("controller ", full_name(doomed.front()))
                         : concat("all ", doomed.size(), " versions of controller ", name.name);
  if (!context.confirm(concat("Delete ", what, "?"))) {
    context.print_note("nothing deleted");
    return kFailure;
  }
  for (const SavedController& one : doomed) {
    context.store().delete_controller(one.name, one.version);
    drop_artifact(context, one.digest);
  }
  context.print_note(concat(what, " deleted"));
  return kDone;
}

}  // namespace mimar::cli
