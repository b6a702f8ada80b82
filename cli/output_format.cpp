#include "cli/output_format.h"

#include <algorithm>
#include <ostream>

#include "base/error.h"
#include "base/nearest_name.h"
#include "experiment/objects.h"
#include "experiment/parse.h"

namespace mimar::cli {

std::string_view to_string(OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
      return "table";
    case OutputFormat::kWide:
      return "wide";
    case OutputFormat::kJson:
      return "json";
    case OutputFormat::kYaml:
      return "yaml";
    case OutputFormat::kJsonl:
      return "jsonl";
    case OutputFormat::kCsv:
      return "csv";
    case OutputFormat::kName:
      return "name";
    case OutputFormat::kArgs:
      return "args";
  }
  return "";
}

OutputFormat parse_output_format(std::string_view text,
                                 std::initializer_list<OutputFormat> allowed) {
  if (text.empty()) return *allowed.begin();
  std::vector<std::string> known;
  for (const OutputFormat format : allowed) {
    if (text == to_string(format)) return format;
    known.emplace_back(to_string(format));
  }
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  const auto nearest = find_nearest_name(text, known);
  fail(ErrorCode::kInvalidArgument, "-o ", text,
       " is not known here: ", nearest ? "did you mean \"" + *nearest + "\"? " : "", "it can be ",
       list);
}

void write_object(std::ostream& out, OutputFormat format, const Json& object) {
  if (format == OutputFormat::kYaml) {
    const std::string yaml = experiment::to_yaml(object);
    out << yaml;
    if (yaml.empty() || yaml.back() != '\n') out << '\n';
  } else {
    out << object.dump(format == OutputFormat::kJson ? 2 : -1, ' ', false,
                       Json::error_handler_t::replace)
        << '\n';
  }
}

void write_objects(std::ostream& out, OutputFormat format, std::vector<Json> objects) {
  if (format == OutputFormat::kJsonl) {
    for (const Json& object : objects) write_object(out, format, object);
  } else {
    write_object(out, format, experiment::list_object(std::move(objects)));
  }
}

}  // namespace mimar::cli
