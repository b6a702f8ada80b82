#include "experiment/gjson_parser.h"

#include <utility>

#include "base/error.h"

namespace mimar::experiment {
namespace {

constexpr std::string_view kOperators = "=!<>%";

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

void GjsonParser::fail_at(std::size_t offset, std::string message, std::string help) const {
  throw GjsonMistake{offset, std::move(message), std::move(help)};
}

GjsonPath GjsonParser::parse(std::string_view closers) {
  GjsonPath path;
  bool starts_pipe = true;
  while (true) {
    // After a dot these three take what was found as a whole, as after a pipe.
    if (peek() == '@' || peek() == '[') starts_pipe = true;
    GjsonPath::Step next = step(closers);
    next.starts_pipe = starts_pipe;
    path.steps_.push_back(std::move(next));
    if (at_end() || closers.find(peek()) != std::string_view::npos) return path;
    starts_pipe = peek() == '|';
    if (!starts_pipe && peek() != '.') {
      fail_at(at_, "a dot, a pipe or the end must come here", "write . or | before it");
    }
    ++at_;
  }
}

GjsonPath::Step GjsonParser::step(std::string_view closers) {
  switch (peek()) {
    case '@':
      return modifier();
    case '#':
      return hash();
    case '[':
      return multipath();
    case '{':
      fail_at(at_, "{...} is not understood in conditions", "use [...] or #(...)");
    default:
      return key(closers);
  }
}

GjsonPath::Step GjsonParser::modifier() {
  constexpr std::string_view kThis = "@this";
  if (text_.substr(at_, kThis.size()) != kThis) {
    fail_at(at_, "the only modifier that conditions understand is @this",
            "for a key that begins with @ write \\@");
  }
  at_ += kThis.size();
  return {.kind = GjsonPath::Kind::kThis};
}

GjsonPath::Step GjsonParser::multipath() {
  GjsonPath::Step list{.kind = GjsonPath::Kind::kMultipath};
  const std::size_t begin = at_;
  do {
    ++at_;
    while (peek() == ' ') ++at_;
    list.paths.push_back(parse(",] "));
    while (peek() == ' ') ++at_;
  } while (peek() == ',');
  if (peek() != ']') fail_at(begin, "this [ is never closed", "write ] where the list ends");
  ++at_;
  return list;
}

GjsonPath::Step GjsonParser::hash() {
  ++at_;
  GjsonPath::Step step{.kind = GjsonPath::Kind::kEach};
  if (peek() != '(') return step;
  step.kind = GjsonPath::Kind::kQuery;
  query(step);
  if (peek() == '#') {
    step.finds_all = true;
    ++at_;
  }
  return step;
}

/// `(path op value)`, `(path)` or `(op value)`.
void GjsonParser::query(GjsonPath::Step& step) {
  const std::size_t begin = at_++;
  while (peek() == ' ') ++at_;
  if (peek() != ')' && kOperators.find(peek()) == std::string_view::npos) {
    step.paths.push_back(parse("=!<>%) "));
  }
  while (peek() == ' ') ++at_;
  while (!at_end() && kOperators.find(peek()) != std::string_view::npos) step.op += text_[at_++];
  constexpr std::string_view kKnown = " == = != < <= > >= % !% ";
  if (!step.op.empty() && kKnown.find(concat(' ', step.op, ' ')) == std::string_view::npos) {
    fail_at(at_ - step.op.size(), concat("unknown operator ", step.op),
            "one of == != < <= > >= % !%");
  }
  if (peek() == '~') fail_at(at_, "~ is not understood in conditions", "write ==true or ==false");
  if (step.op == "==") step.op = "=";
  while (peek() == ' ') ++at_;
  if (peek() == '"') {
    step.value = quoted();
    while (peek() == ' ') ++at_;
  } else {
    const std::size_t end = text_.find(')', at_);
    if (end != std::string_view::npos) {
      step.value = trim(text_.substr(at_, end - at_));
      at_ = end;
    }
  }
  if (peek() != ')') fail_at(begin, "this ( is never closed", "write ) after the value");
  if (step.op.empty() && (!step.value.empty() || step.paths.empty())) {
    fail_at(begin, "a query is (key==value)", "for example #(type==\"Complete\")#");
  }
  ++at_;
}

std::string GjsonParser::quoted() {
  const std::size_t begin = at_++;
  std::string value;
  for (; !at_end() && peek() != '"'; ++at_) {
    if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
    value += peek();
  }
  if (at_end()) fail_at(begin, "this quote is never closed", "write \" after the value");
  ++at_;
  return value;
}

GjsonPath::Step GjsonParser::key(std::string_view closers) {
  const std::size_t begin = at_;
  GjsonPath::Step step;
  for (; !at_end() && peek() != '.' && peek() != '|'; ++at_) {
    if (closers.find(peek()) != std::string_view::npos) break;
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      step.text += text_[at_++];
    } else if (std::string_view("=<>\"()").find(peek()) != std::string_view::npos) {
      fail_at(at_, concat("'", peek(), "' cannot stand in a key"),
              "a comparison stands in a query: status.[@this].#(phase==\"Succeeded\")#");
    }
    step.text += peek();
  }
  if (step.text.empty()) {
    fail_at(begin,
            begin >= text_.size() ? "the path ends where a key must come" : "a key must come here");
  }
  return step;
}

}  // namespace mimar::experiment
