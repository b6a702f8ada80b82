#include "experiment/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace mimar::experiment {
namespace {

constexpr std::string_view kMergeKey = "<<";

/// Thrown through yaml-cpp to end the reading; the fault has been noted.
struct StopReading {};

std::size_t skip_properties(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = text.find_first_of(" \t\r\n", offset);
    offset = text.find_first_not_of(" \t\r\n", offset);
  }
  return std::min(offset, text.size());
}

/// Where a quoted text ends, at most at its line's end.
std::size_t quoted_end(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t i = offset + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'') {
        ++i;
      } else {
        return i + 1;
      }
    }
  }
  return text.find('\n', offset);
}

YamlSpan scalar_span(std::string_view text, std::size_t mark, std::string_view value) {
  const std::size_t offset = skip_properties(text, mark);
  if (offset >= text.size()) return {.offset = std::min(mark, text.size())};
  std::size_t end = offset;
  if (text[offset] == '"' || text[offset] == '\'') {
    end = quoted_end(text, offset);
  } else if (text.substr(offset, value.size()) == value) {
    end = offset + value.size();
  } else {
    end = text.find('\n', offset);
  }
  end = std::min(end, text.size());
  // Never look beyond the scalar: a file may be one line of a million.
  end = std::min(end, text.substr(0, end).find('\n', offset));
  while (end > offset + 1 && (text[end - 1] == '\r' || text[end - 1] == ' ')) --end;
  return {.offset = offset,
          .length = static_cast<std::uint32_t>(
              std::max<std::size_t>(1, std::min<std::size_t>(end - offset, 1U << 20U)))};
}

/// Builds the documents from yaml-cpp's events: our own tree, since yaml-cpp's keeps no places of
/// keys, lets double keys pass and expands aliases without a limit.
class DocumentBuilder final : public YAML::EventHandler {
 public:
  DocumentBuilder(const YamlSource& source, std::size_t skipped, const YamlLimits& limits,
                  YamlDocuments& out)
      : source_(source), skipped_(skipped), limits_(limits), out_(out) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {
    stack_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.span = {.offset = offset(mark)};
    if (source_.text().substr(offset(mark)).starts_with("null")) node.span.length = 4;
    attach(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      stop({.code = ProblemCode::kUnsupportedYaml,
            .message = "an alias cannot stand inside what it names",
            .span = {.offset = offset(mark)}});
    }
    count(found->second.num_nodes, offset(mark));
    YamlNode copy = found->second;
    const std::size_t end = source_.text().find_first_of(" ,]}\r\n", offset(mark));
    copy.span = {
        .offset = offset(mark),
        .length = static_cast<std::uint32_t>(std::min(end, source_.text().size()) - offset(mark))};
    attach(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    node.kind = quoted ? YamlNode::Kind::kQuoted : YamlNode::Kind::kPlain;
    node.text = value;
    node.span = scalar_span(source_.text(), offset(mark), value);
    check_tag(tag, offset(mark));
    check_closed(node.span.offset);
    attach(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(YamlNode::Kind::kList, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(YamlNode::Kind::kMap, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

  /// Offset in the source of a place that yaml-cpp names.
  std::size_t offset(const YAML::Mark& mark) const {
    const std::size_t position = mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    return std::min(position + skipped_, source_.text().size());
  }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool flow = false;
    std::optional<YamlEntry> pending;  // a key that waits for its value
    bool drops_entry = false;          // the key is none; it was reported
    std::unordered_map<std::string, std::size_t> key_offsets;
  };

  [[noreturn]] void stop(YamlFault fault) {
    out_.faults.push_back(std::move(fault));
    throw StopReading{};
  }

  void count(std::size_t nodes, std::size_t at) {
    num_nodes_ += nodes;
    if (num_nodes_ <= limits_.max_nodes) return;
    stop({.code = ProblemCode::kTooManyNodes,
          .message = concat("the file has more than ", limits_.max_nodes,
                            " values, every alias written out"),
          .span = {.offset = at},
          .help = "write the repeated parts once, or leave the anchors out"});
  }

  void check_tag(const std::string& tag, std::size_t at) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    out_.faults.push_back({.code = ProblemCode::kUnsupportedYaml,
                           .message = concat("unknown tag \"", tag, "\""),
                           .span = {.offset = at},
                           .help = "remove the tag"});
  }

  /// yaml-cpp lets a quote run to the end of the text.
  void check_closed(std::size_t start) {
    const std::string_view text = source_.text();
    if (start >= text.size() || (text[start] != '"' && text[start] != '\'')) return;
    for (std::size_t i = start + 1; i < text.size(); ++i) {
      if (text[start] == '"' && text[i] == '\\') {
        ++i;
      } else if (text[i] == text[start]) {
        return;  // of a doubled single quote the first is enough
      }
    }
    stop({.message = "a quote is not closed", .span = {.offset = start}});
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    if (stack_.size() >= limits_.max_depth) {
      stop({.code = ProblemCode::kTooDeep,
            .message = concat("nested more than ", limits_.max_depth, " levels deep"),
            .span = {.offset = offset(mark)}});
    }
    check_tag(tag, offset(mark));
    Open opened;
    opened.node.kind = kind;
    opened.node.span = {.offset = skip_properties(source_.text(), offset(mark))};
    opened.anchor = anchor;
    opened.flow = style == YAML::EmitterStyle::Flow;
    stack_.push_back(std::move(opened));
  }

  void close() {
    YamlNode node = std::move(stack_.back().node);
    const YAML::anchor_t anchor = stack_.back().anchor;
    stack_.pop_back();
    if (node.kind == YamlNode::Kind::kMap && !node.entries.empty()) {
      // Underline the first key where a block mapping has no bracket of its own.
      const YamlSpan& first = node.entries.front().key_span;
      if (node.span.offset == first.offset) node.span.length = first.length;
    }
    attach(std::move(node), anchor);
  }

  void attach(YamlNode node, YAML::anchor_t anchor) {
    count(1, node.span.offset);
    if (anchor != 0) {
      count(node.num_nodes, node.span.offset);  // the copy takes memory as well
      anchors_[anchor] = node;
    }
    if (stack_.empty()) {
      if (node.kind != YamlNode::Kind::kNull) out_.documents.push_back(std::move(node));
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      if (!parent.flow) check_indentation(node.span.offset);
      parent.node.num_nodes += node.num_nodes;
      parent.node.items.push_back(std::move(node));
    } else if (!parent.pending) {
      attach_key(parent, node);
    } else {
      parent.node.num_nodes += node.num_nodes;
      parent.pending->value = std::move(node);
      attach_entry(parent);
    }
  }

  void attach_key(Open& parent, const YamlNode& key) {
    constexpr std::size_t kLongestKey = 1024;
    if (!parent.flow) check_indentation(key.span.offset);
    if (!key.is_scalar() && key.kind != YamlNode::Kind::kNull) {
      out_.faults.push_back({.code = ProblemCode::kUnsupportedYaml,
                             .message = "a list or mapping cannot be a key",
                             .span = key.span});
    } else if (key.kind == YamlNode::Kind::kPlain && key.text == kMergeKey) {
      parent.drops_entry = true;
      out_.faults.push_back({.code = ProblemCode::kUnsupportedYaml,
                             .message = "merge keys (<<) are not supported",
                             .span = key.span,
                             .help = "copy the fields here, as Kubernetes needs them too"});
    }
    if (key.text.size() > kLongestKey) {
      stop({.code = ProblemCode::kUnsupportedYaml,
            .message = concat("a key has more than ", kLongestKey, " bytes"),
            .span = key.span});
    }
    parent.pending = YamlEntry{.key = key.text, .key_span = key.span, .value = {}};
  }

  void attach_entry(Open& parent) {
    YamlEntry entry = std::move(*parent.pending);
    parent.pending.reset();
    if (std::exchange(parent.drops_entry, false)) return;
    const auto [first, is_new] = parent.key_offsets.try_emplace(entry.key, entry.key_span.offset);
    if (is_new) {
      parent.node.entries.push_back(std::move(entry));
      return;
    }
    out_.faults.push_back(
        {.code = ProblemCode::kDuplicateKey,
         .message = concat("key \"", entry.key, "\" is given twice"),
         .span = entry.key_span,
         .label = concat("first given in line ", source_.place(first->second).line),
         .help = "remove one of the two"});
  }

  void check_indentation(std::size_t at) {
    const std::size_t start = source_.line_start(at);
    const std::string_view line = source_.text().substr(start, at - start);
    const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
    if (tab == std::string_view::npos || start == last_tab_line_) return;
    last_tab_line_ = start;
    out_.faults.push_back({.code = ProblemCode::kTab,
                           .message = "a tab cannot indent",
                           .span = {.offset = start + tab},
                           .label = "tab",
                           .help = "indent with spaces"});
  }

  const YamlSource& source_;
  std::size_t skipped_;
  const YamlLimits& limits_;
  YamlDocuments& out_;
  std::vector<Open> stack_;
  std::unordered_map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t num_nodes_ = 0;
  std::size_t last_tab_line_ = YamlSpan::kNowhere;
};

/// yaml-cpp's words for the commonest faults are hard to read.
std::string plain_words(const std::string& message) {
  static const std::map<std::string_view, std::string_view> kWords = {
      {"end of map not found", "this line is indented like neither the mapping nor its parent"},
      {"end of map flow not found", "a '}' or ',' is missing"},
      {"end of sequence not found", "this line is indented like neither the list nor its parent"},
      {"end of sequence flow not found", "a ']' or ',' is missing"},
      {"illegal map value", "a mapping cannot start here"},
      {"illegal EOF in scalar", "a quote is not closed"},
  };
  const auto found = kWords.find(message);
  return found == kWords.end() ? message : std::string(found->second);
}

/// Lines up to `end` whose indentation holds a tab: the likeliest reason why reading failed there.
std::vector<YamlFault> find_tabs(const YamlSource& source, std::size_t end) {
  std::vector<YamlFault> faults;
  const int last_line = source.place(end).line;
  for (int number = 1; number <= last_line && faults.size() < 20; ++number) {
    const std::string_view line = source.line(number);
    const std::size_t text = line.find_first_not_of(" \t");
    if (text == std::string_view::npos || line[text] == '#') continue;
    const std::size_t tab = line.substr(0, text).find('\t');
    if (tab == std::string_view::npos) continue;
    const auto offset = static_cast<std::size_t>(line.data() - source.text().data()) + tab;
    faults.push_back({.code = ProblemCode::kTab,
                      .message = "a tab cannot indent",
                      .span = {.offset = offset},
                      .label = "tab",
                      .help = "indent with spaces"});
  }
  return faults;
}

std::optional<YamlFault> check_text(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return YamlFault{.code = ProblemCode::kTooLarge,
                     .message = concat("the file has ", text.size(), " bytes; at most ",
                                       limits.max_bytes, " are read")};
  }
  if (const auto bad = find_invalid_utf8(text)) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(text[*bad]);
    return YamlFault{
        .code = ProblemCode::kNotText,
        .message = concat("byte 0x", kHex[byte >> 4U], kHex[byte & 15U], " is no valid UTF-8"),
        .span = {.offset = *bad},
        .help = "save the file as UTF-8"};
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  });
  if (control != text.end()) {
    return YamlFault{.code = ProblemCode::kNotText,
                     .message = concat("control character ", static_cast<int>(*control)),
                     .span = {.offset = static_cast<std::size_t>(control - text.begin())},
                     .help = "remove it, or write it as an escape in double quotes"};
  }
  return std::nullopt;
}

}  // namespace

YamlDocuments read_yaml(const YamlSource& source, const YamlLimits& limits) {
  YamlDocuments out;
  if (auto fault = check_text(source.text(), limits)) {
    out.faults.push_back(std::move(*fault));
    return out;
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const std::size_t skipped = source.text().starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  std::istringstream stream{std::string(source.text().substr(skipped))};
  DocumentBuilder builder(source, skipped, limits, out);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopReading&) {
  } catch (const YAML::Exception& error) {
    const std::size_t at = builder.offset(error.mark);
    std::vector<YamlFault> tabs = find_tabs(source, at);
    if (tabs.empty()) tabs.push_back({.message = plain_words(error.msg), .span = {.offset = at}});
    out.faults.insert(out.faults.end(), tabs.begin(), tabs.end());
  }
  return out;
}

}  // namespace mimar::experiment
