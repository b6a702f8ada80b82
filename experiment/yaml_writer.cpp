#include <array>
#include <cstdio>

#include "base/error.h"
#include "experiment/parse.h"
#include "experiment/yaml_scalar.h"
#include "experiment/yaml_source.h"

namespace mimar::experiment {
namespace {

/// A text in double quotes with YAML's escapes. Characters that some reader treats as line breaks
/// or controls are escaped.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::string_view rest = text.substr(i);
    if (text[i] == '"' || text[i] == '\\') {
      out += concat('\\', text[i]);
    } else if (text[i] == '\n') {
      out += "\\n";
    } else if (text[i] == '\t') {
      out += "\\t";
    } else if (text[i] == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02X", byte);
      out += escape.data();
    } else if (rest.starts_with("\xC2") && rest.size() > 1 &&
               static_cast<unsigned char>(rest[1]) < 0xA0) {  // C1 controls, among them NEL
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02X", static_cast<unsigned char>(rest[1]));
      out += escape.data();
      ++i;
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (rest.starts_with("\xEF\xBB\xBF")) {
      out += "\\uFEFF";
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out + "\"";
}

std::string write_text(const std::string& text) { return is_safe_plain(text) ? text : quote(text); }

/// A real with a point and a signed exponent: YAML 1.1 reads "1e-05" as text.
std::string write_real(const Json& number) {
  std::string text = number.dump();
  const std::size_t exponent = text.find_first_of("eE");
  if (text.find('.') == std::string::npos) {
    text.insert(exponent == std::string::npos ? text.size() : exponent, ".0");
  }
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string::npos && text[e + 1] != '-' && text[e + 1] != '+') text.insert(e + 1, "+");
  return text;
}

std::string write_scalar(const Json& value) {
  if (value.is_string()) return write_text(value.get_ref<const std::string&>());
  if (value.is_number_float()) return write_real(value);
  if (value.is_array()) return "[]";
  if (value.is_object()) return "{}";
  return value.dump();
}

bool is_block(const Json& value) { return value.is_structured() && !value.empty(); }

/// Text of several lines as a literal block, where that reads back the same.
bool is_literal(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const std::size_t line_break = text.find('\n');
  if (line_break == std::string::npos || line_break == 0 || text.front() == ' ' ||
      text.back() != '\n' || text.ends_with("\n\n") || find_invalid_utf8(text)) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && text[i] != '\n') || byte >= 0x7F) return false;
    if (text[i] == ' ' && (i + 1 == text.size() || text[i + 1] == '\n')) return false;
  }
  return true;
}

class YamlWriter {
 public:
  std::string out;

  void write_block(const Json& value, std::size_t indent) {
    if (value.is_array()) {
      for (const Json& item : value) write_item(item, indent);
      return;
    }
    bool first = true;
    for (const auto& [key, member] : value.items()) {
      if (!first || !continues_line_) out.append(indent, ' ');
      first = continues_line_ = false;
      write_entry(key, member, indent);
    }
  }

  void write_value(const Json& value, std::size_t indent) {
    if (!is_literal(value)) {
      out += write_scalar(value) + "\n";
      return;
    }
    out += "|\n";
    std::string_view text = value.get_ref<const std::string&>();
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      if (end > 0) out.append(indent, ' ');
      out += text.substr(0, end + 1);
      text.remove_prefix(end + 1);
    }
  }

 private:
  void write_entry(const std::string& key, const Json& member, std::size_t indent) {
    out += write_text(key) + ":";
    if (is_block(member)) {
      out += "\n";
      // Lists stand level with their key, as Kubernetes writes them.
      write_block(member, member.is_array() ? indent : indent + 2);
    } else {
      out += " ";
      write_value(member, indent + 2);
    }
  }

  void write_item(const Json& item, std::size_t indent) {
    out.append(indent, ' ');
    out += "- ";
    if (item.is_object() && !item.empty()) {
      continues_line_ = true;
      write_block(item, indent + 2);
    } else if (is_block(item)) {
      out.back() = '\n';
      write_block(item, indent + 2);
    } else {
      write_value(item, indent + 2);
    }
  }

  bool continues_line_ = false;  // the next entry stands behind "- "
};

}  // namespace

std::string to_yaml(const Json& value) {
  YamlWriter writer;
  if (is_block(value)) {
    writer.write_block(value, 0);
  } else {
    writer.write_value(value, 2);
  }
  return std::move(writer.out);
}

}  // namespace mimar::experiment
