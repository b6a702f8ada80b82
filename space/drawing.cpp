// draw_text and summary: architectures for people.

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "space/architecture.h"
#include "space/short_names.h"

namespace mimar::space {
namespace {

constexpr int kNarrowest = 20;

/// The signs of a drawing, with and without UTF-8.
struct Glyphs {
  explicit Glyphs(bool utf8)
      : ascii_only(!utf8),
        arrow(utf8 ? "─▶" : "->"),
        times(utf8 ? "×" : "x"),
        dot(utf8 ? "·" : ".") {}

  bool ascii_only;
  std::string_view arrow;
  std::string_view times;
  std::string_view dot;
};

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += concat(text.empty() ? "" : between, part);
  return text;
}

/// Puts words on lines of at most `width` columns; a word longer than a line is cut into pieces.
class Paragraph {
 public:
  /// `first` opens the paragraph, the later lines begin with `indent` spaces.
  Paragraph(std::string first, std::size_t indent, std::size_t width)
      : line_(std::move(first)), indent_(std::min(indent, width / 2)), width_(width) {}

  void add(std::string_view word) {
    const std::size_t gap = line_.empty() || line_.back() == ' ' ? 0 : 1;
    if (num_columns(line_) + gap + num_columns(word) <= width_) {
      line_ += std::string(gap, ' ');
      line_ += word;
      return;
    }
    if (num_columns(line_) > indent_) end_line();
    for (const char c : word) {
      if (num_columns(line_ + c) > width_) end_line();
      line_ += c;
    }
  }

  std::string text() const { return text_ + line_ + "\n"; }

 private:
  void end_line() {
    while (!line_.empty() && line_.back() == ' ') line_.pop_back();
    text_ += line_ + "\n";
    line_ = std::string(indent_, ' ');
  }

  std::string text_;
  std::string line_;
  std::size_t indent_;
  std::size_t width_;
};

/// "[+input +L2]": what else a layer reads.
std::string skips_text(const std::vector<int>& skips, std::string_view source) {
  std::vector<std::string> names;
  for (const int skip : skips) {
    names.push_back(skip == 0 ? concat("+", source) : concat("+L", skip - 1));
  }
  return names.empty() ? "" : concat("[", joined(names, " "), "]");
}

/// One arrow-joined chain of stations, wrapped so that each line but the first begins with an
/// arrow.
std::string chain_text(const std::vector<std::vector<std::string>>& stations, const Glyphs& glyphs,
                       std::size_t width) {
  Paragraph paragraph("", 2, width);
  for (std::size_t i = 0; i < stations.size(); ++i) {
    // The arrow, the name and what follows it stay together where a line has room for them.
    const std::string station = joined(stations[i], " ");
    const std::string whole = i == 0 ? station : concat(glyphs.arrow, " ", station);
    if (num_columns(whole) + 2 <= width) {
      paragraph.add(whole);
    } else {
      if (i > 0) paragraph.add(glyphs.arrow);
      for (const std::string& word : stations[i]) paragraph.add(word);
    }
  }
  return paragraph.text();
}

std::string sizes_text(const std::vector<int>& sizes, const Glyphs& glyphs) {
  std::vector<std::string> texts;
  for (const int size : sizes) texts.push_back(std::to_string(size));
  return joined(texts, glyphs.times);
}

/// A layer as words that a line break may part.
std::vector<std::string> layer_words(std::size_t layer, std::string name,
                                     const std::vector<int>& skips, std::string_view source) {
  std::vector<std::string> words = {concat("L", layer), std::move(name)};
  const std::string text = skips_text(skips, source);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// "node 2 = sep_conv_3x3(0) + skip_connect(1)" for every node, and what leaves the cell.
std::string cell_text(const CellArchitecture& cells, const Cell& cell, std::string title,
                      const Glyphs& glyphs, std::size_t width) {
  std::vector<bool> used(static_cast<std::size_t>(cell.num_inputs) + cell.nodes.size(), false);
  const std::size_t margin = title.size() + 2;
  std::string text;
  for (std::size_t i = 0; i < cell.nodes.size(); ++i) {
    const std::size_t node = static_cast<std::size_t>(cell.num_inputs) + i;
    std::string head = i == 0 ? title + "  " : std::string(margin, ' ');
    head += concat("node ", node, " = ");
    Paragraph line(head, num_columns(head), width);
    for (std::size_t e = 0; e < cell.nodes[i].size(); ++e) {
      const CellEdge& edge = cell.nodes[i][e];
      used[static_cast<std::size_t>(edge.input)] = true;
      line.add(
          concat(e == 0 ? "" : "+ ", printable(edge.op, glyphs.ascii_only), "(", edge.input, ")"));
    }
    text += line.text();
  }
  if (cells.kind == CellKind::kNasBench201) {
    return text + concat(std::string(margin, ' '), "out = node ", cell.nodes.size(), "\n");
  }
  // DARTS concatenates all inner nodes, ENAS those that nobody reads.
  Paragraph out(std::string(margin, ' ') + "out =", margin + 6, width);
  out.add("concat of");
  for (std::size_t node = static_cast<std::size_t>(cell.num_inputs); node < used.size(); ++node) {
    if (cells.kind == CellKind::kEnasMicro && used[node]) continue;
    out.add(std::to_string(node));
  }
  return text + out.text();
}

std::string_view title_of(CellKind kind) {
  switch (kind) {
    case CellKind::kDarts:
      return "DARTS cells";
    case CellKind::kEnasMicro:
      return "ENAS cells";
    case CellKind::kNasBench201:
      return "NAS-Bench-201 cells";
  }
  return "cells";
}

struct Draw {
  Glyphs glyphs;
  std::size_t width;

  std::string operator()(const ChainArchitecture& chain) const {
    std::vector<std::vector<std::string>> stations;
    stations.push_back({"input", sizes_text(chain.input_sizes, glyphs)});
    for (std::size_t i = 0; i < chain.layers.size(); ++i) {
      const ChainLayer& layer = chain.layers[i];
      std::string name =
          printable(short_name(layer.operation, glyphs.dot, false), glyphs.ascii_only);
      stations.push_back(layer_words(i, std::move(name), layer.skips, "input"));
    }
    stations.push_back({"output", sizes_text(chain.output_sizes, glyphs)});
    return chain_text(stations, glyphs, width);
  }

  std::string operator()(const CellArchitecture& cells) const {
    Paragraph head("", 2, width);
    for (const std::string& word :
         {concat(title_of(cells.kind), ","), concat(cells.num_cells, " stacked,"),
          concat(cells.init_channels, " channels")}) {
      head.add(word);
    }
    if (cells.kind == CellKind::kNasBench201) {
      return head.text() + cell_text(cells, cells.normal, "cell", glyphs, width);
    }
    return head.text() + cell_text(cells, cells.normal, "normal", glyphs, width) +
           cell_text(cells, cells.reduce, "reduce", glyphs, width);
  }

  std::string operator()(const MacroArchitecture& macro) const {
    std::vector<std::vector<std::string>> stations;
    stations.push_back({"stem", concat(macro.init_channels, " channels")});
    for (std::size_t i = 0; i < macro.layers.size(); ++i) {
      const auto& [op, skips] = macro.layers[i];
      stations.push_back(layer_words(i, printable(op, glyphs.ascii_only), skips, "stem"));
    }
    stations.push_back({"classifier"});
    return chain_text(stations, glyphs, width);
  }
};

struct Summarize {
  Glyphs glyphs;

  std::string operator()(const ChainArchitecture& chain) const {
    std::vector<std::string> names;
    for (const ChainLayer& layer : chain.layers) {
      names.push_back(printable(short_name(layer.operation, glyphs.dot, true), glyphs.ascii_only));
    }
    return joined(names, separator());
  }

  std::string operator()(const CellArchitecture& cells) const {
    if (cells.kind == CellKind::kNasBench201) return nodes_text(cells.normal);
    return concat(nodes_text(cells.normal), " / ", nodes_text(cells.reduce));
  }

  std::string operator()(const MacroArchitecture& macro) const {
    std::vector<std::string> names;
    for (const MacroLayer& layer : macro.layers) {
      names.push_back(printable(short_primitive(layer.op), glyphs.ascii_only));
    }
    return joined(names, separator());
  }

 private:
  std::string_view separator() const { return glyphs.ascii_only ? "-" : glyphs.dot; }

  std::string nodes_text(const Cell& cell) const {
    std::vector<std::string> nodes;
    for (const std::vector<CellEdge>& edges : cell.nodes) {
      std::vector<std::string> names;
      for (const CellEdge& edge : edges) {
        names.push_back(printable(short_primitive(edge.op), glyphs.ascii_only));
      }
      nodes.push_back(joined(names, "+"));
    }
    return joined(nodes, separator());
  }
};

}  // namespace

std::string summary(const Architecture& architecture, bool utf8) {
  return std::visit(Summarize{Glyphs(utf8)}, architecture.graph);
}

std::string draw_text(const Architecture& architecture, int width, bool utf8) {
  const auto columns = static_cast<std::size_t>(std::max(width, kNarrowest));
  return std::visit(Draw{Glyphs(utf8), columns}, architecture.graph);
}

}  // namespace mimar::space
