#include "draw/svg.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "space/short_names.h"

namespace mimar::draw {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr double kMeanCharacterWidth = 0.58;               // of the font size, of a sans-serif

/// Length of the well-formed UTF-8 sequence at `at` that XML may hold; 0 when there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  if (first < 0x80U) return first >= 0x20U || first == '\t' || first == '\n' ? 1 : 0;
  const std::size_t length = first >= 0xF0U ? 4 : (first >= 0xE0U ? 3 : 2);
  if (first < 0xC2U || first > 0xF4U) return 0;
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte(at + i) & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800U && code <= 0xDFFFU;
  if (code < kLeast[length - 2] || code > 0x10FFFFU || is_surrogate) return 0;
  return (code & 0xFFFEU) == 0xFFFEU ? 0 : length;
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) {
      escaped += kReplacement;
      ++at;
      continue;
    }
    const std::string_view name = entity(text[at]);
    escaped += name.empty() ? text.substr(at, length) : name;
    at += length;
  }
  return escaped;
}

std::string to_coordinate(double value) {
  check(std::isfinite(value), "a coordinate is finite");
  return to_text(std::round(value * 10.0) / 10.0 + 0.0);  // + 0.0 turns -0 into 0
}

double text_width(std::string_view text, double font_size) {
  return static_cast<double>(space::num_columns(text)) * font_size * kMeanCharacterWidth;
}

std::string cut_to_room(std::string_view text, double font_size, double room) {
  if (text_width(text, font_size) <= room) return std::string(text);
  const auto kept = static_cast<std::size_t>(
      std::max(0.0, std::floor(room / (font_size * kMeanCharacterWidth)) - 1.0));
  std::size_t end = 0;
  for (std::size_t columns = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    if (begins && columns++ == kept) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

SvgWriter::SvgWriter(double width, double height, std::string_view title) {
  const std::string w = to_coordinate(width);
  const std::string h = to_coordinate(height);
  out_ =
      concat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", w, "\" height=\"", h,
             "\" viewBox=\"0 0 ", w, ' ', h,
             "\" role=\"img\" font-family=\"Helvetica, Arial, sans-serif\">\n<title>",
             escape_xml(title), "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
}

void SvgWriter::begin_group(std::string_view attributes) {
  out_ += concat("<g ", attributes, ">\n");
  ++open_groups_;
}

void SvgWriter::end_group() {
  check(open_groups_-- > 0, "a group ends once");
  out_ += "</g>\n";
}

void SvgWriter::close(std::string_view element, std::string_view hint) {
  if (hint.empty()) {
    out_ += "/>\n";
  } else {
    out_ += concat("><title>", escape_xml(hint), "</title></", element, ">\n");
  }
}

void SvgWriter::line(Point from, Point to, std::string_view attributes) {
  out_ += concat("<path d=\"M", to_coordinate(from.x), ' ', to_coordinate(from.y), 'L',
                 to_coordinate(to.x), ' ', to_coordinate(to.y), "\" ", attributes);
  close("path", {});
}

void SvgWriter::rect(const Rect& rect, std::string_view attributes, std::string_view hint) {
  out_ += concat("<rect x=\"", to_coordinate(rect.x), "\" y=\"", to_coordinate(rect.y),
                 "\" width=\"", to_coordinate(rect.width), "\" height=\"",
                 to_coordinate(rect.height), "\" ", attributes);
  close("rect", hint);
}

void SvgWriter::polyline(std::span<const Point> points, std::string_view attributes) {
  if (points.empty()) return;
  out_ += "<path d=\"";
  char command = 'M';
  for (const Point& point : points) {
    out_ += concat(command, to_coordinate(point.x), ' ', to_coordinate(point.y));
    command = 'L';
  }
  out_ += concat("\" fill=\"none\" ", attributes);
  close("path", {});
}

void SvgWriter::path(std::string_view data, std::string_view attributes, std::string_view hint) {
  out_ += concat("<path d=\"", data, "\" ", attributes);
  close("path", hint);
}

void SvgWriter::text(Point at, std::string_view text, std::string_view attributes) {
  out_ += concat("<text x=\"", to_coordinate(at.x), "\" y=\"", to_coordinate(at.y), "\" ",
                 attributes, '>', escape_xml(text), "</text>\n");
}

std::string SvgWriter::finish() {
  check(open_groups_ == 0, "every group is ended");
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace mimar::draw
