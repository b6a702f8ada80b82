#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mimar::trainer {

/// The settings of a search as Katib hands them on: a JSON object whose quotes may be single ones,
/// whose numbers may be texts, and where None, "None" and null leave a default.
///
/// Every setting is asked for by name; `finish` then complains of those that nobody asked for.
class SettingsText {
 public:
  /// An empty text has no settings. Errors: kInvalidArgument when it is no such object.
  explicit SettingsText(const std::string& text);

  /// Puts a setting where the default is, if it is given.
  /// Errors: kInvalidArgument, naming the setting, when it is of another kind or below `min`
  /// (integers) or not in [min, max] (numbers) or none of `words`.
  void read(std::string_view name, std::int64_t& target, std::int64_t min);
  void read(std::string_view name, std::optional<std::int64_t>& target, std::int64_t min);
  void read(std::string_view name, int& target, int min);
  void read(std::string_view name, double& target, double min, double max);
  void read(std::string_view name, bool& target);
  /// Index of the word given; `otherwise` when none is.
  std::size_t read(std::string_view name, std::initializer_list<std::string_view> words,
                   std::size_t otherwise);

  /// Takes a setting that has no effect here.
  void skip(std::string_view name);

  /// Errors: kInvalidArgument for a setting that no `read` or `skip` named, with the nearest.
  void finish() const;

 private:
  std::optional<std::string> take(std::string_view name);

  Json settings_;
  std::vector<std::string> known_;
};

/// Reads a list of names: JSON whose quotes may be single ones, as Katib writes it, or names with
/// commas between them; empty: none. Errors: kInvalidArgument when it is no such list. `flag` names
/// it in messages.
std::vector<std::string> parse_name_list(const std::string& text, std::string_view flag);

}  // namespace mimar::trainer
