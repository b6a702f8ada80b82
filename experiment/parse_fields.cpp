#include "experiment/parse_fields.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/yaml_scalar.h"

namespace mimar::experiment {
namespace {

using Kind = YamlNode::Kind;

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  const bool is_long = text.size() > kLongest;
  return concat('"', text.substr(0, kLongest), is_long ? "..." : "", '"');
}

/// The number that one with leading zeros was meant to be.
std::string without_zeros(std::string_view text) {
  const std::string_view sign = text.substr(0, text.front() == '-' ? 1 : 0);
  const std::size_t first = text.find_first_not_of("+-0");
  if (first == std::string_view::npos) return "0";
  const std::string decimal = concat(sign, text.substr(first));
  const Json octal = plain_to_json(concat("0o", text.substr(first)));  // 8 and 9: text
  if (!octal.is_number() || octal.dump() == text.substr(first)) return decimal;
  return concat(decimal, " (or ", sign, octal.dump(), " if octal was meant)");
}

/// How to write it so that all readers agree, as far as the field takes it.
std::string octal_cure(std::string_view text, FieldType type) {
  const std::string number = concat("write ", without_zeros(text));
  if (type == FieldType::kInteger || type == FieldType::kNumber) return number;
  const std::string quoted = concat('"', text, '"');
  return type == FieldType::kText ? concat("write ", quoted)
                                  : concat(number, ", or ", quoted, " for the text");
}

/// "maxTrialCount" of "spec.maxTrialCount", "command[1]" of an item.
std::string_view last_name(std::string_view path) { return path.substr(path.rfind('.') + 1); }

std::string number_text(double value) {
  const std::optional<std::int64_t> whole = find_integer(to_text(value));
  return whole ? std::to_string(*whole) : to_text(value);
}

bool holds_placeholder(const YamlNode& node) {
  return node.text.find("${trialParameters.") != std::string::npos;
}

/// Walks document and field tree together.
class FieldChecker {
 public:
  FieldChecker(const FieldCheckOptions& options, ProblemReporter& report)
      : options_(options), report_(report) {}

  std::optional<Json> check(const YamlNode& node, const FieldNode& field, const std::string& path) {
    switch (field.field.type) {
      case FieldType::kText:
        return check_text(node, field.field, path, false);
      case FieldType::kScalar:
        return check_text(node, field.field, path, true);
      case FieldType::kInteger:
        return check_integer(node, field.field, path);
      case FieldType::kNumber:
        return check_number(node, field.field, path);
      case FieldType::kBoolean:
        return check_boolean(node, field.field, path);
      case FieldType::kObject:
        return check_object(node, field, path);
      case FieldType::kList:
        return check_list(node, field, path);
      case FieldType::kMap:
        return check_map(node, field, path);
      case FieldType::kAny:
        check_free(node, {.parent = nullptr, .name = path});
        return to_json(node);
    }
    return std::nullopt;
  }

 private:
  std::nullopt_t reject(const YamlNode& node, const Field& field, const std::string& path,
                        std::string_view wanted, std::string help = {}) {
    if (help.empty() && !field.example.empty()) help = "for example " + field.example;
    if (options_.wrong_type == ProblemCode::kJobFieldType && holds_placeholder(node)) {
      help = "a placeholder is text: it cannot stand where the job needs another type";
    }
    report_.error(options_.wrong_type, path,
                  concat(last_name(path), " needs ", wanted, ", got ", describe(node)),
                  {.help = std::move(help)});
    return std::nullopt;
  }

  /// Numbers with a leading zero and yes/no words mean different things to different readers.
  bool check_plain_words(const YamlNode& node, FieldType type, const std::string& path) {
    if (node.kind != Kind::kPlain) return true;
    if (is_octal_looking(node.text)) {
      report_.error(ProblemCode::kOctalNumber, path,
                    concat(node.text, " is decimal to some readers of YAML and octal to others"),
                    {.help = octal_cure(node.text, type)});
      return false;
    }
    if (is_truth_word(node.text)) {
      report_.warn(ProblemCode::kTruthWord, path,
                   concat("\"", node.text, "\" is read as the text \"", node.text,
                          "\" (YAML 1.2); Kubernetes reads a truth value"),
                   {.help = "quote it if you mean text, write true or false if not"});
    }
    return true;
  }

  std::optional<Json> check_text(const YamlNode& node, const Field& field, const std::string& path,
                                 bool any_scalar) {
    if (!node.is_scalar()) {
      return reject(node, field, path, any_scalar ? "text or a number" : "text");
    }
    if (!check_plain_words(node, field.type, path)) return std::nullopt;
    if (!any_scalar && node.kind == Kind::kPlain && classify_plain(node.text) != PlainKind::kText) {
      return reject(node, field, path, "text", concat("quote it: \"", node.text, "\""));
    }
    if (field.non_empty && node.text.empty()) {
      report_.error(ProblemCode::kOutOfLimits, path, concat(last_name(path), " must not be empty"));
      return std::nullopt;
    }
    if (!field.values.empty() &&
        std::find(field.values.begin(), field.values.end(), node.text) == field.values.end()) {
      report_.error(
          ProblemCode::kUnknownValue, path, concat(in_quotes(node.text), " is not allowed here"),
          {.label = suggest(node.text, field.values),
           .help =
               concat(field.values.size() == 1 ? "write " : "one of ", join_names(field.values))});
      return std::nullopt;
    }
    return Json(node.text);
  }

  std::optional<Json> check_integer(const YamlNode& node, const Field& field,
                                    const std::string& path) {
    if (!node.is_scalar()) return reject(node, field, path, "a whole number");
    if (!check_plain_words(node, field.type, path)) return std::nullopt;
    if (node.kind != Kind::kPlain || classify_plain(node.text) != PlainKind::kInteger) {
      const std::optional<std::int64_t> meant = find_integer(node.text);
      return reject(node, field, path, "a whole number", meant ? concat("write ", *meant) : "");
    }
    Json value = plain_to_json(node.text);
    if (!check_limits(value.get<double>(), node, field, path)) return std::nullopt;
    return value;
  }

  std::optional<Json> check_number(const YamlNode& node, const Field& field,
                                   const std::string& path) {
    if (!node.is_scalar()) return reject(node, field, path, "a number");
    if (!check_plain_words(node, field.type, path)) return std::nullopt;
    Json value = node.kind == Kind::kPlain ? plain_to_json(node.text) : Json();
    if (!value.is_number()) {
      const std::optional<double> meant = find_double(node.text);
      const bool is_infinite = node.kind == Kind::kPlain &&  // .inf, .nan and the like of 1e999
                               classify_plain(node.text) == PlainKind::kReal;
      return reject(node, field, path, is_infinite ? "a finite number" : "a number",
                    meant && *meant - *meant == 0.0 ? concat("write ", to_text(*meant)) : "");
    }
    if (!check_limits(value.get<double>(), node, field, path)) return std::nullopt;
    return value;
  }

  bool check_limits(double value, const YamlNode& node, const Field& field,
                    const std::string& path) {
    std::string limit;
    if (field.minimum && value < *field.minimum) {
      limit = concat("at least ", number_text(*field.minimum));
    } else if (field.maximum && value > *field.maximum) {
      limit = concat("at most ", number_text(*field.maximum));
    }
    if (limit.empty()) return true;
    report_.error(ProblemCode::kOutOfLimits, path,
                  concat(last_name(path), " must be ", limit, ": ", node.text.substr(0, 40)));
    return false;
  }

  std::optional<Json> check_boolean(const YamlNode& node, const Field& field,
                                    const std::string& path) {
    if (node.kind == Kind::kPlain && classify_plain(node.text) == PlainKind::kBoolean) {
      return plain_to_json(node.text);
    }
    return reject(node, field, path, "true or false", "write true or false, without quotes");
  }

  std::optional<Json> check_object(const YamlNode& node, const FieldNode& field,
                                   const std::string& path) {
    if (node.kind != Kind::kMap) return reject(node, field.field, path, "a mapping");
    Json object = Json::object();
    auto& fields = object.get_ref<Json::object_t&>();
    std::set<std::string> meant;  // names that unknown fields were probably meant to be
    for (const YamlEntry& entry : node.entries) {
      const std::string child_path = path.empty() ? entry.key : path + "." + entry.key;
      const FieldNode* child = field.find(entry.key);
      if (child == nullptr) {
        meant.insert(report_unknown(entry.key, field, child_path));
      } else if (entry.value.kind != Kind::kNull) {  // null means absent, as in Kubernetes
        auto value = check(entry.value, *child, child_path);
        if (value && !child->field.ignored) {
          fields.emplace_back(entry.key, std::move(*value));
        }
      }
    }
    for (const FieldNode& child : field.children) {
      if (!meant.contains(child.name)) complete(node, child, path, fields);
    }
    return object;
  }

  /// Reports a required field that is absent, or fills in its default.
  void complete(const YamlNode& node, const FieldNode& child, const std::string& path,
                Json::object_t& fields) {
    const YamlEntry* written = node.find(child.name);
    if (written != nullptr && written->value.kind != Kind::kNull) return;
    const std::string child_path = path.empty() ? child.name : path + "." + child.name;
    if (child.field.required) {
      report_.error(options_.wrong_type == ProblemCode::kJobFieldType ? ProblemCode::kJobFieldType
                                                                      : ProblemCode::kMissingField,
                    child_path, concat("required field \"", child.name, "\" is missing"),
                    {.help = child.field.example.empty() ? "" : "add: " + child.field.example,
                     .at_key = true});
    } else if (options_.fill_defaults && !child.field.default_value.empty()) {
      fields.emplace_back(child.name, default_of(child, child_path));
    }
  }

  Json default_of(const FieldNode& field, const std::string& path) {
    switch (field.field.type) {
      case FieldType::kObject: {
        YamlNode empty;
        empty.kind = Kind::kMap;
        return check_object(empty, field, path).value_or(Json::object());
      }
      case FieldType::kText:
      case FieldType::kScalar:
        return field.field.default_value;
      default:
        return plain_to_json(field.field.default_value);
    }
  }

  /// Returns the field that was probably meant, if any.
  std::string report_unknown(const std::string& key, const FieldNode& field,
                             const std::string& path) {
    if (report_.is_full()) return {};
    std::vector<std::string> known;
    for (const FieldNode& child : field.children) known.push_back(child.name);
    const std::string meant = find_meant(key, known).value_or("");
    Remark remark{.label = suggest(key, known), .at_key = true};
    if (meant.empty()) remark.help = "fields here: " + join_names(known);
    std::string message = concat("unknown field ", in_quotes(key));
    if (options_.ignore_unknown) {
      report_.warn(options_.unknown_field, path, std::move(message), std::move(remark));
      return {};
    }
    report_.error(options_.unknown_field, path, std::move(message), std::move(remark));
    return meant;
  }

  std::optional<Json> check_list(const YamlNode& node, const FieldNode& field,
                                 const std::string& path) {
    if (node.kind != Kind::kList) return reject(node, field.field, path, "a list");
    if (field.field.non_empty && node.items.empty()) {
      report_.error(ProblemCode::kOutOfLimits, path, concat(last_name(path), " must not be empty"));
      return std::nullopt;
    }
    Json list = Json::array();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      auto item = check(node.items[i], *field.item, concat(path, '[', i, ']'));
      list.push_back(item ? std::move(*item) : Json());
    }
    return list;
  }

  std::optional<Json> check_map(const YamlNode& node, const FieldNode& field,
                                const std::string& path) {
    if (node.kind != Kind::kMap) return reject(node, field.field, path, "a mapping");
    Json map = Json::object();
    for (const YamlEntry& entry : node.entries) {
      if (auto value = check(entry.value, *field.item, path + "." + entry.key)) {
        map.get_ref<Json::object_t&>().emplace_back(entry.key, std::move(*value));
      }
    }
    return map;
  }

  /// A path that is written out only when something is reported: free parts may be large.
  struct FreePath {
    const FreePath* parent = nullptr;
    std::string_view name;
    std::size_t index = 0;

    std::string text() const {
      if (parent == nullptr) return std::string(name);
      if (name.empty()) return concat(parent->text(), '[', index, ']');
      return concat(parent->text(), '.', name);
    }
  };

  void check_free(const YamlNode& node, const FreePath& path) {
    if (node.kind == Kind::kPlain) {
      if (is_octal_looking(node.text) || is_truth_word(node.text)) {
        check_plain_words(node, FieldType::kAny, path.text());
      }
    } else if (node.kind == Kind::kList) {
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        check_free(node.items[i], {.parent = &path, .name = {}, .index = i});
      }
    } else {
      for (const YamlEntry& entry : node.entries) {
        check_free(entry.value, {.parent = &path, .name = entry.key});
      }
    }
  }

  const FieldCheckOptions& options_;
  ProblemReporter& report_;
};

}  // namespace

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a mapping";
    case Kind::kQuoted:
      return concat("the text ", in_quotes(node.text));
    case Kind::kPlain:
      break;
  }
  switch (classify_plain(node.text)) {
    case PlainKind::kBoolean:
      return concat("the truth value ", node.text);
    case PlainKind::kInteger:
    case PlainKind::kReal:
      return concat("the number ", node.text.substr(0, 40));
    default:
      return concat("the text ", in_quotes(node.text));
  }
}

std::optional<Json> check_fields(const YamlNode& node, const FieldNode& field,
                                 const std::string& path, const FieldCheckOptions& options,
                                 ProblemReporter& report) {
  return FieldChecker(options, report).check(node, field, path);
}

}  // namespace mimar::experiment
