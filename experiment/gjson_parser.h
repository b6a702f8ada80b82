#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiment/gjson_path.h"

namespace mimar::experiment {

/// Reads a GjsonPath. Throws GjsonMistake, which GjsonPath translates.
class GjsonParser {
 public:
  explicit GjsonParser(std::string_view text) : text_(text) {}

  /// A path that ends before one of `closers`, or at the end of the text when there are none.
  GjsonPath parse(std::string_view closers = {});

 private:
  [[noreturn]] void fail_at(std::size_t offset, std::string message, std::string help = {}) const;
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  GjsonPath::Step step(std::string_view closers);
  GjsonPath::Step modifier();
  GjsonPath::Step hash();
  GjsonPath::Step multipath();
  GjsonPath::Step key(std::string_view closers);
  void query(GjsonPath::Step& step);
  std::string quoted();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace mimar::experiment
