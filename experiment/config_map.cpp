#include "experiment/config_map.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "experiment/yaml_reader.h"

namespace mimar::experiment {
namespace {

const std::string kConfigMap = "spec.trialTemplate.configMap";

/// The scalar member of a mapping as text; empty when there is none.
std::string text_of(const YamlNode& map, std::string_view key) {
  const YamlEntry* entry = map.find(key);
  return entry != nullptr && entry->value.is_scalar() ? entry->value.text : std::string();
}

/// Turns places in a text that stands inside a file into places of the file.
///
/// A block scalar's lines are lines of the file, indented. Of any other form (quoted, folded) the
/// whole scalar is the place of everything in it.
class Embedding {
 public:
  Embedding(const YamlNode& scalar, const YamlSource& file, std::uint32_t index)
      : inner_(scalar.text), whole_(scalar.span), file_(file), index_(index) {
    whole_.source = index_;
    if (!whole_.is_somewhere()) return;
    // The first line of a block scalar's text stands on the line below its indicator.
    const int first = file.place(whole_.offset).line + 1;
    std::optional<std::size_t> indent;
    for (int line = 1; line <= num_lines(); ++line) {
      const std::string_view text = inner_.line(line);
      const std::string_view outer = file.line(first + line - 1);
      if (text.empty()) {
        if (outer.find_first_not_of(" \r") != std::string_view::npos) return;
        continue;
      }
      if (!indent && outer.size() >= text.size()) indent = outer.size() - text.size();
      if (!indent || outer.size() < *indent || outer.substr(*indent) != text) return;
    }
    first_line_ = first;
    indent_ = indent.value_or(0);
  }

  const YamlSource& inner() const { return inner_; }

  YamlSpan translated(const YamlSpan& span) const {
    if (!span.is_somewhere() || first_line_ == 0) return whole_;
    const std::size_t offset = std::min(span.offset, inner_.text().size());
    const std::size_t column = offset - inner_.line_start(offset);
    const std::string_view line =
        file_.line(first_line_ + inner_.place(offset).line - 1);  // a view into the file's text
    const auto start = static_cast<std::size_t>(line.data() - file_.text().data());
    return {.offset = start + std::min(indent_ + column, line.size()),
            .length = span.length,
            .source = index_};
  }

  void translate(YamlNode& node) const {
    node.span = translated(node.span);
    for (YamlNode& item : node.items) translate(item);
    for (YamlEntry& entry : node.entries) {
      entry.key_span = translated(entry.key_span);
      translate(entry.value);
    }
  }

 private:
  int num_lines() const {
    const int last = inner_.place(inner_.text().size()).line;
    return inner_.line(last).empty() ? last - 1 : last;
  }

  YamlSource inner_;
  YamlSpan whole_;
  const YamlSource& file_;
  std::uint32_t index_;
  int first_line_ = 0;  // of the file; 0: the text's lines are not the file's
  std::size_t indent_ = 0;
};

std::vector<std::string> keys_of(const YamlNode& map) {
  std::vector<std::string> keys;
  for (const YamlEntry& entry : map.entries) keys.push_back(entry.key);
  return keys;
}

}  // namespace

bool ConfigMaps::is_config_map(const YamlNode& document) {
  return text_of(document, "kind") == "ConfigMap";
}

void ConfigMaps::add(const std::vector<YamlNode>& documents, const YamlSource& source,
                     std::uint32_t index) {
  places_.push_back(source.name());
  gather(documents, source, index);
}

void ConfigMaps::gather(const std::vector<YamlNode>& documents, const YamlSource& source,
                        std::uint32_t index) {
  for (const YamlNode& document : documents) {
    if (const YamlEntry* items = document.find("items"); items != nullptr) {
      gather(items->value.items, source, index);
    }
    if (!is_config_map(document)) continue;
    const YamlEntry* metadata = document.find("metadata");
    const YamlEntry* data = document.find("data");
    const YamlNode none;
    const YamlNode& about = metadata == nullptr ? none : metadata->value;
    entries_.push_back({text_of(about, "name"), text_of(about, "namespace"),
                        data == nullptr ? none : data->value, &source, index});
  }
}

std::string ConfigMaps::places_looked_at() const {
  std::vector<std::string> places;
  for (const std::string& place : places_) places.push_back(place.empty() ? "this file" : place);
  return join_names(places);
}

const ConfigMaps::Entry* ConfigMaps::find(const YamlNode& reference,
                                          ProblemReporter& report) const {
  const std::string name = text_of(reference, "configMapName");
  const std::string name_space = text_of(reference, "configMapNamespace");
  if (name.empty() || name_space.empty()) return nullptr;  // reported by the field check
  std::vector<std::string> names;
  std::string elsewhere;
  const Entry* nearest = nullptr;
  for (const Entry& entry : entries_) {
    names.push_back(entry.name);
    if (entry.name != name) continue;
    if (entry.name_space == name_space) return &entry;
    if (entry.name_space.empty() && nearest == nullptr) nearest = &entry;
    if (!entry.name_space.empty()) elsewhere = entry.name_space;
  }
  if (nearest != nullptr) return nearest;
  report.error(ProblemCode::kConfigMap, kConfigMap + ".configMapName",
               concat("no ConfigMap \"", name, "\" of namespace \"", name_space, "\" was found"),
               {.label = elsewhere.empty() ? suggest(name, names)
                                           : concat("there is one in namespace \"", elsewhere, '"'),
                .help = concat("looked in ", places_looked_at(),
                               "; put it there behind a line ---, or name its file or folder with "
                               "--config-map")});
  return nullptr;
}

void ConfigMaps::resolve(YamlNode& experiment, ProblemReporter& report) const {
  YamlNode* trial_template = find_value(find_value(&experiment, "spec"), "trialTemplate");
  YamlNode* reference = find_value(trial_template, "configMap");
  if (reference == nullptr || reference->kind != YamlNode::Kind::kMap) return;
  if (trial_template->find("trialSpec") != nullptr) return;
  const std::string path = text_of(*reference, "templatePath");
  const Entry* entry = path.empty() ? nullptr : find(*reference, report);
  if (entry == nullptr) return;
  const YamlEntry* text = entry->data.find(path);
  if (text == nullptr || !text->value.is_scalar()) {
    const std::vector<std::string> keys = keys_of(entry->data);
    report.error(
        ProblemCode::kConfigMap, kConfigMap + ".templatePath",
        concat("the ConfigMap \"", entry->name, "\" has no text \"", path, "\" in its data"),
        {.label = suggest(path, keys),
         .help = keys.empty() ? "its data is empty" : "its data has: " + join_names(keys)});
    return;
  }
  const Embedding embedding(text->value, *entry->source, entry->index);
  YamlDocuments read = read_yaml(embedding.inner());
  for (const YamlFault& fault : read.faults) {
    report.error_at(fault.code, kConfigMap, embedding.translated(fault.span), fault.message,
                    {.label = fault.label, .help = fault.help});
  }
  if (!read.faults.empty()) return;
  if (read.documents.size() != 1) {
    report.error(ProblemCode::kConfigMap, kConfigMap + ".templatePath",
                 concat("the template \"", path, "\" holds ", read.documents.size(),
                        " documents instead of one job"));
    return;
  }
  embedding.translate(read.documents.front());
  const auto place = std::find_if(trial_template->entries.begin(), trial_template->entries.end(),
                                  [](const YamlEntry& one) { return one.key == "configMap"; });
  place->key = "trialSpec";
  place->value = std::move(read.documents.front());
}

}  // namespace mimar::experiment
