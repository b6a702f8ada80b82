#include "cli/verbs/arch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "cli/child_program.h"
#include "cli/experiment_file.h"
#include "cli/lookup.h"
#include "cli/output_file.h"
#include "cli/output_format.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "draw/decisions.h"
#include "draw/graph/graph.h"
#include "experiment/one_shot.h"
#include "local/local_runner.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;

space::Architecture architecture_of(const FoundTrial& found) {
  auto architecture = find_architecture(found.stored.experiment.spec, found.trial);
  require(architecture.has_value(), "experiment \"", found.stored.experiment.name,
          "\" searches no network, hyperparameters only");
  return std::move(*architecture);
}

space::Architecture get_architecture(Context& context, const std::string& target) {
  if (target.starts_with('@')) {
    return space::parse_architecture(read_text(context, target.substr(1)));
  }
  if (target.starts_with('{')) return space::parse_architecture(target);
  experiment::Store& store = context.store_to_read();
  if (store.find_experiment(target)) return architecture_of(get_best_trial(store, target));
  return architecture_of(get_trial_as_of_now(store, target));
}

/// Parameters and multiply-adds, as `mimar-train count` finds them; nothing without that program. A
/// chain knows its images; other networks are counted for CIFAR's, whatever a trial trains on.
std::optional<std::string> counts_text(const space::Architecture& architecture) {
  const auto program = find_program("mimar-train");
  if (!program) return std::nullopt;
  const ProgramResult result =
      run_program_to_end({program->string(), "count", "--network=" + space::to_line(architecture)});
  const Json counts = Json::parse(result.output, nullptr, /*allow_exceptions=*/false);
  if (result.exit_code != 0 || !counts.is_object()) return std::nullopt;
  const double parameters = counts.value("parameter-count", 0.0);
  const double macs = counts.value("macs", 0.0);
  return format_count(parameters) + " parameters, " + format_count(macs) + " multiply-adds" +
         (std::holds_alternative<space::ChainArchitecture>(architecture.graph)
              ? ""
              : " on 32 x 32 x 3 images of 10 classes");
}

constexpr std::size_t kNarrowest = 36;  // of a drawing beside another

std::string drawing_of(Context& context, const space::Architecture& architecture,
                       std::size_t width) {
  return space::draw_text(architecture, static_cast<int>(width), context.out_style().utf8);
}

/// Two texts beside each other, or below each other where the terminal is too narrow.
void write_beside(Context& context, const space::Architecture& left,
                  const space::Architecture& right) {
  const std::string_view between = context.out_style().utf8 ? " │ " : " | ";
  const std::size_t half = (context.width() - 3) / 2;
  if (half < kNarrowest) {
    context.out() << drawing_of(context, left, context.width()) << '\n'
                  << drawing_of(context, right, context.width());
    return;
  }
  std::istringstream lefts(drawing_of(context, left, half));
  std::istringstream rights(drawing_of(context, right, half));
  for (;;) {
    std::string a;
    std::string b;
    const bool has_a = static_cast<bool>(std::getline(lefts, a));
    const bool has_b = static_cast<bool>(std::getline(rights, b));
    if (!has_a && !has_b) return;
    context.out() << pad_right(a, half) << between << b << '\n';
  }
}

Json to_json(const std::vector<draw::DecisionChange>& changes) {
  Json list = Json::array();
  for (const auto& [label, before, after] : changes) {
    Json change = {{"decision", label}};
    change["first"] = before.empty() ? Json() : Json(before);
    change["second"] = after.empty() ? Json() : Json(after);
    list.push_back(std::move(change));
  }
  return list;
}

Table table_of(const std::vector<draw::DecisionChange>& changes, const Style& style) {
  Table table({{.title = "DECISION"}, {.title = "FIRST"}, {.title = "SECOND"}});
  const auto cell = [&style](const std::string& text) {
    return text.empty() ? Cell{.text = std::string(style.dash()), .raw = ""} : Cell{.text = text};
  };
  for (const auto& [label, before, after] : changes) {
    table.add_row({{.text = label}, cell(before), cell(after)});
  }
  return table;
}

/// Both networks as one drawing.
std::string marked_svg(const ArchDiffOptions& options, const space::Architecture& first,
                       const space::Architecture& second,
                       const std::vector<draw::DecisionChange>& changes) {
  std::vector<draw::Graph> graphs;
  for (const auto& [name, architecture] :
       {std::pair{&options.first, &first}, {&options.second, &second}}) {
    for (draw::Graph& graph : draw::graphs_of(*architecture)) {
      graph.title = *name + ": " + graph.title;
      graphs.push_back(std::move(graph));
    }
  }
  draw::Marked marked;
  for (const draw::DecisionChange& change : changes) marked.insert(change.label);
  return draw::to_svg(graphs, concat("Decisions that differ: ", changes.size()), marked);
}

/// The trial whose trained network a target means.
FoundTrial get_trained(Context& context, const std::string& target) {
  experiment::Store& store = context.store_to_read();
  if (!store.find_experiment(target)) return get_trial_as_of_now(store, target);
  FoundTrial best = get_best_trial(store, target);
  const hpo::TrialId number = best.trial.number;
  for (experiment::Trial& trial : store.list_trials(best.stored.experiment.uid)) {
    const bool is_its = trial.retrain_of == number;
    if (is_its && trial.phase == experiment::TrialPhase::kSucceeded) best.trial = std::move(trial);
  }
  return best;
}

/// The one TorchScript model among the files that a trial left.
fs::path get_model(Context& context, const std::string& target) {
  require(!target.starts_with('@') && !target.starts_with('{'),
          "a network that was not trained has no weights: name a trial or an experiment");
  const FoundTrial found = get_trained(context, target);
  const fs::path folder =
      local::trial_dir(context.state_dir(), found.stored.experiment.name, found.trial.name);
  std::vector<fs::path> models;
  for (const fs::path& file : artefacts(folder)) {
    if (file.extension() == ".pt" && file.filename() != "checkpoint.pt") models.push_back(file);
  }
  if (models.empty()) {
    fail(ErrorCode::kNotFound, "trial ", found.trial.name,
         " kept no trained network; add \"--export=$(MIMAR_TRIAL_DIR)/model.pt\" to its command");
  }
  if (models.size() > 1) {
    fail(ErrorCode::kInvalidArgument, "trial ", found.trial.name,
         " kept several networks: ", models[0].string(), " and ", models[1].string());
  }
  return models.front();
}

std::string read_model(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) fail_errno("cannot read " + file.string());
  return bytes;
}

/// Trained networks are bytes, too many for a terminal.
void export_trained(Context& context, const ArchExportOptions& options) {
  require(!options.out.empty(), "--to ", options.format, " needs --out FILE");
  const fs::path model = get_model(context, options.target);
  if (options.format == "torchscript") {
    return write_text(context, options.out, read_model(model));
  }
  const auto program = find_program("mimar-train");
  if (!program) {
    fail(ErrorCode::kFailedPrecondition,
         "--to onnx needs the program mimar-train, beside this one or in PATH");
  }
  const fs::path parts = concat(options.out, ".part.onnx");
  const ProgramResult result = run_program_to_end(
      {program->string(), "export", "--model=" + model.string(), "--output=" + parts.string()});
  if (result.exit_code != 0) {
    fail(ErrorCode::kFailedPrecondition,
         "mimar-train could not write the network as ONNX; see: ", program->string(),
         " export --model=", model.string(), " --output=", options.out);
  }
  fs::rename(parts, options.out);
}

}  // namespace

ExitCode arch_show(Context& context, const ArchShowOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl});
  const space::Architecture architecture = get_architecture(context, options.target);
  if (shows_objects(format)) {
    write_object(context.out(), format, space::to_json(architecture));
    return kDone;
  }
  std::string drawing =
      space::draw_text(architecture, static_cast<int>(context.width()), context.out_style().utf8);
  if (!drawing.empty() && drawing.back() != '\n') drawing += '\n';
  context.out() << drawing;
  if (const auto counts = counts_text(architecture)) context.out() << *counts << '\n';
  return kDone;
}

ExitCode arch_diff(Context& context, const ArchDiffOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output, {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml,
                                 OutputFormat::kJsonl, OutputFormat::kCsv});
  const space::Architecture first = get_architecture(context, options.first);
  const space::Architecture second = get_architecture(context, options.second);
  const std::vector<draw::DecisionChange> changes = draw::compare_decisions(first, second);
  if (!options.out.empty()) {
    write_text(context, options.out, marked_svg(options, first, second, changes));
  }
  if (format == OutputFormat::kJsonl) {
    for (const Json& change : to_json(changes)) write_object(context.out(), format, change);
  } else if (shows_objects(format)) {
    write_object(context.out(), format, to_json(changes));
  } else if (format == OutputFormat::kCsv) {
    context.out() << table_of(changes, context.out_style()).to_csv();
  } else if (!changes.empty()) {
    context.out() << table_of(changes, context.out_style())
                         .to_text(false, context.out_style(), context.table_width())
                  << '\n';
    write_beside(context, first, second);
  }
  return changes.empty() ? kDone : kFailure;
}

ExitCode arch_export(Context& context, const ArchExportOptions& options) {
  if (options.format == "torchscript" || options.format == "onnx") {
    export_trained(context, options);
    return kDone;
  }
  require(options.format == "json" || options.format == "dot" || options.format == "svg",
          "a network is written as json, dot, svg, torchscript or onnx: ", options.format);
  const space::Architecture architecture = get_architecture(context, options.target);
  // JSON and files as targets are too long, or say nothing, for a title.
  const bool has_name = !options.target.starts_with('{') && !options.target.starts_with('@');
  const std::string title = has_name ? options.target : space::summary(architecture);
  if (options.format == "json") {
    write_text(context, options.out, space::to_json(architecture).dump(2) + '\n');
  } else if (options.format == "dot") {
    write_text(context, options.out, draw::to_dot(draw::graphs_of(architecture), title));
  } else {
    write_text(context, options.out, draw::to_svg(draw::graphs_of(architecture), title));
  }
  return kDone;
}

}  // namespace mimar::cli
