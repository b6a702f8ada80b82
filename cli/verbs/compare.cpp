#include "cli/verbs/compare.h"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include "base/error.h"
#include "base/number_text.h"
#include "cli/lookup.h"
#include "cli/output_format.h"
#include "cli/run/progress.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "draw/plot/several.h"
#include "experiment/one_shot.h"

namespace mimar::cli {
namespace {

using experiment::StoredExperiment;
using experiment::Trial;
using std::chrono::microseconds;

/// One experiment and what is worked out of it.
struct Compared {
  StoredExperiment stored;
  std::vector<Trial> trials;
  std::vector<draw::TrialPoint> points;
  std::vector<std::optional<double>> best_so_far;
  std::optional<draw::TrialPoint> best;

  const experiment::ExperimentSpec& spec() const { return stored.experiment.spec; }
};

/// A line of the comparison: its name and a value for each experiment, for people and for machines.
struct Line {
  std::string name;
  std::vector<Cell> cells;
};

Cell number(double value) { return {.text = format_metric(value), .raw = to_text(value)}; }
Cell count(std::size_t value) { return {.text = concat(value)}; }
Cell nothing(const Style& style) { return {.text = std::string(style.dash()), .raw = ""}; }
Cell length(microseconds time) {
  return {.text = format_duration(time),
          .raw = to_text(std::chrono::duration<double>(time).count())};
}

std::size_t count_of(const Compared& compared, draw::Outcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(compared.points.begin(), compared.points.end(),
                    [outcome](const auto& point) { return point.outcome == outcome; }));
}

/// From the first trial's start to the last thing that happened.
microseconds wall_time(const Compared& compared, TimePoint now) {
  std::optional<TimePoint> begin;
  std::optional<TimePoint> end;
  for (const Trial& trial : compared.trials) {
    if (!trial.started_at) continue;
    const TimePoint last = *trial.started_at + elapsed(trial, now);
    begin = begin ? std::min(*begin, *trial.started_at) : *trial.started_at;
    end = end ? std::max(*end, last) : last;
  }
  return begin ? *end - *begin : microseconds(0);
}

microseconds trial_time(const Compared& compared, TimePoint now) {
  microseconds sum(0);
  for (const Trial& trial : compared.trials) {
    if (trial.started_at) sum += elapsed(trial, now);
  }
  return sum;
}

/// 5, 10, 20, 50, 100, ... below the least number of trials, and that number.
std::vector<std::size_t> equal_numbers(const std::vector<Compared>& all) {
  std::size_t least = all.front().points.size();
  for (const Compared& compared : all) least = std::min(least, compared.points.size());
  std::vector<std::size_t> numbers;
  for (std::size_t power = 1; power < least; power *= 10) {
    for (const std::size_t step : {1U, 2U, 5U}) {
      if (step * power >= 5 && step * power < least) numbers.push_back(step * power);
    }
  }
  if (least > 0) numbers.push_back(least);
  return numbers;
}

/// Makes lines by asking each experiment the same.
class Lines {
 public:
  explicit Lines(const std::vector<Compared>& all) : all_(all) {}

  template <class CellOf>
  void add(std::string name, const CellOf& cell_of) {
    Line line{std::move(name), {}};
    for (const Compared& compared : all_) line.cells.push_back(cell_of(compared));
    lines_.push_back(std::move(line));
  }
  std::vector<Line> take() { return std::move(lines_); }

 private:
  const std::vector<Compared>& all_;
  std::vector<Line> lines_;
};

std::vector<Line> result_lines(const std::vector<Compared>& all, const draw::Metric& metric,
                               TimePoint now, const Style& style) {
  Lines lines(all);
  lines.add("state", [](const Compared& each) {
    return Cell{.text = std::string(to_string(each.stored.state.phase))};
  });
  lines.add("algorithm",
            [](const Compared& each) { return Cell{.text = each.spec().algorithm.name}; });
  lines.add("seed", [](const Compared& each) {
    return Cell{.text = concat(each.stored.experiment.seed())};
  });
  lines.add("trials", [](const Compared& each) { return count(each.points.size()); });
  for (const auto& [name, outcome] : {std::pair{"failed", draw::Outcome::kFailed},
                                      {"stopped early", draw::Outcome::kEarlyStopped},
                                      {"infeasible", draw::Outcome::kInfeasible},
                                      {"killed", draw::Outcome::kKilled},
                                      {"not ended", draw::Outcome::kOpen}}) {
    const bool any = std::any_of(all.begin(), all.end(), [outcome = outcome](const Compared& each) {
      return count_of(each, outcome) > 0;
    });
    if (any || outcome == draw::Outcome::kFailed) {
      lines.add(name, [outcome = outcome](const Compared& each) {
        return count(count_of(each, outcome));
      });
    }
  }
  lines.add("wall time", [now](const Compared& each) { return length(wall_time(each, now)); });
  lines.add("time of trials",
            [now](const Compared& each) { return length(trial_time(each, now)); });
  lines.add("best " + metric.name, [&style](const Compared& each) {
    return each.best ? number(*each.best->value) : nothing(style);
  });
  lines.add("best trial", [&style](const Compared& each) {
    return each.best ? Cell{.text = each.best->name} : nothing(style);
  });
  lines.add("number of the best", [&style](const Compared& each) {
    return each.best ? Cell{.text = concat(each.best->number)} : nothing(style);
  });
  for (const std::size_t trials : equal_numbers(all)) {
    lines.add(concat("best of the first ", trials), [&, trials](const Compared& each) {
      const auto& value = each.best_so_far[trials - 1];
      return value ? number(*value) : nothing(style);
    });
  }
  return lines.take();
}

/// The best trials' hyperparameters, and the networks in short form.
std::vector<Line> parameter_lines(const std::vector<Compared>& all, const Style& style) {
  std::vector<std::string> names;
  bool any_graph = false;
  for (const Compared& compared : all) {
    any_graph |= compared.spec().graph.has_value();
    for (const space::Parameter& parameter : compared.spec().parameters) {
      if (std::find(names.begin(), names.end(), parameter.name) == names.end()) {
        names.push_back(parameter.name);
      }
    }
  }
  const auto best_trial = [](const Compared& each) -> const Trial& {
    return each.trials.at(static_cast<std::size_t>(each.best->number));
  };
  Lines lines(all);
  for (const std::string& name : names) {
    lines.add(name, [&](const Compared& each) {
      const std::string text = each.best ? value_text(best_trial(each), name) : "";
      if (text.empty()) return nothing(style);
      const auto* real =
          std::get_if<double>(&best_trial(each).proposal.assignment.find(name)->second);
      return real != nullptr ? number(*real) : Cell{.text = text};
    });
  }
  if (any_graph) {
    lines.add("network", [&](const Compared& each) {
      if (!each.best) return nothing(style);
      const auto architecture = find_architecture(each.spec(), best_trial(each));
      return architecture ? Cell{.text = space::summary(*architecture, style.utf8),
                                 .raw = space::to_line(*architecture)}
                          : nothing(style);
    });
  }
  return lines.take();
}

/// "/spec/parameters/0/name" as "spec.parameters[0].name".
std::string field_path(const std::string& pointer) {
  std::string path;
  for (std::size_t at = 1; at < pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', at), pointer.size());
    const std::string part = pointer.substr(at, end - at);
    const bool is_index = part.find_first_not_of("0123456789") == std::string::npos;
    path += is_index ? "[" + part + "]" : (path.empty() ? "" : ".") + part;
    at = end + 1;
  }
  return path;
}

/// Fields of the files that are not the same everywhere.
std::vector<Line> difference_lines(const std::vector<Compared>& all, const Style& style) {
  std::vector<Json> flat;
  std::vector<std::string> pointers;
  std::set<std::string> seen;
  for (const Compared& compared : all) {
    flat.push_back(Json{{"spec", compared.stored.experiment.object.at("spec")}}.flatten());
    for (const auto& [pointer, value] : flat.back().items()) {
      if (seen.insert(pointer).second) pointers.push_back(pointer);
    }
  }
  std::vector<Line> lines;
  for (const std::string& pointer : pointers) {
    Line line{field_path(pointer), {}};
    std::set<std::string> values;
    for (const Json& fields : flat) {
      const auto found = fields.find(pointer);
      const std::string text = found == fields.end() ? std::string()
                               : found->is_string()  ? found->get<std::string>()
                                                     : found->dump();
      values.insert(found == fields.end() ? "\n" : text);  // no value is like none
      line.cells.push_back(found == fields.end() ? nothing(style) : Cell{.text = text});
    }
    if (values.size() > 1) lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<Column> columns_of(const std::vector<Compared>& all, const std::string& title) {
  std::vector<Column> columns = {{.title = title}};
  for (const Compared& compared : all) {
    columns.push_back({.title = compared.stored.experiment.name});
  }
  return columns;
}

void add_lines(Table& table, const std::vector<Line>& lines, const std::string& prefix = {}) {
  for (const Line& line : lines) {
    std::vector<Cell> row = {{.text = prefix + line.name}};
    row.insert(row.end(), line.cells.begin(), line.cells.end());
    table.add_row(std::move(row));
  }
}

void write_section(Context& context, const std::vector<Compared>& all, const std::string& title,
                   const std::vector<Line>& lines) {
  if (lines.empty()) return;
  constexpr std::size_t kWidest = 40;  // of a value: a command can be long
  Table table(columns_of(all, title));
  std::vector<Line> shown = lines;
  for (Line& line : shown) {
    for (Cell& cell : line.cells) {
      std::replace(cell.text.begin(), cell.text.end(), '\n', ' ');
      cell.text = cut_to_width(cell.text, kWidest, context.out_style().utf8);
    }
  }
  add_lines(table, shown);
  context.out() << table.to_text(false, context.out_style(), context.table_width());
}

/// Lines as a JSON object: name -> experiment -> value.
Json to_json(const std::vector<Compared>& all, const std::vector<Line>& lines) {
  Json object = Json::object();
  for (const Line& line : lines) {
    Json values = Json::object();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string text = line.cells[i].raw.value_or(line.cells[i].text);
      values[all[i].stored.experiment.name] = text.empty() ? Json() : Json(text);
    }
    object[line.name] = std::move(values);
  }
  return object;
}

std::vector<Compared> load(Context& context, const CompareOptions& options, draw::Metric& metric) {
  experiment::Store& store = context.store_to_read();
  std::vector<Compared> all;
  for (const std::string& name : options.experiments) {
    StoredExperiment stored = get_experiment(store, name);
    std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
    all.push_back({std::move(stored), std::move(trials), {}, {}, {}});
  }
  std::vector<draw::Subject> subjects;
  for (const Compared& compared : all) {
    subjects.push_back({compared.stored.experiment, compared.trials});
  }
  metric = draw::common_metric(subjects, options.metric);
  std::vector<draw::Series> series = draw::read_series(subjects, metric);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].points = std::move(series[i].points);
    all[i].best_so_far = draw::best_so_far(all[i].points, metric);
    const auto best = draw::best_points(all[i].points, metric, 1);
    if (!best.empty()) all[i].best = best.front();
  }
  return all;
}

}  // namespace

ExitCode compare(Context& context, const CompareOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kCsv});
  require(options.experiments.size() >= 2, "compare takes two experiments or more");
  const std::set<std::string> distinct(options.experiments.begin(), options.experiments.end());
  require(distinct.size() == options.experiments.size(), "an experiment is named twice");
  draw::Metric metric;
  const std::vector<Compared> all = load(context, options, metric);
  const Style& style = context.out_style();
  const auto results = result_lines(all, metric, context.clock().now(), style);
  const auto parameters = parameter_lines(all, style);
  const auto differences = difference_lines(all, style);
  if (shows_objects(format)) {
    write_object(context.out(), format,
                 {{"metric", metric.name},
                  {"results", to_json(all, results)},
                  {"parametersOfTheBest", to_json(all, parameters)},
                  {"differences", to_json(all, differences)}});
  } else if (format == OutputFormat::kCsv) {
    Table table(columns_of(all, "what"));
    add_lines(table, results);
    add_lines(table, parameters, "best.");
    add_lines(table, differences);
    context.out() << table.to_csv();
  } else {
    write_section(context, all, "RESULTS", results);
    context.out() << '\n';
    write_section(context, all, "PARAMETERS OF THE BEST", parameters);
    context.out() << '\n';
    write_section(context, all, "WHERE THE FILES DIFFER", differences);
  }
  return kDone;
}

}  // namespace mimar::cli
