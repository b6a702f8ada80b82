#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mimar::trainer {

/// One command's flags: what they are called, what they say in --help, where their values go.
///
/// Values may be given as `--flag=value` or `--flag value`; a switch is set by `--flag` alone, or
/// by `--flag=true` and `--flag=false`. An empty value leaves an optional text unset, and
/// an empty argument is none: so a template may pass what it has no use for this time.
class FlagSet {
 public:
  /// Every `add_…` binds a flag to a variable of the caller, which must outlive `parse`. `help` is
  /// one phrase; the default shown is the variable's value at this moment.
  void add_text(std::string name, std::string& target, std::string help);
  void add_path(std::string name, std::optional<std::string>& target, std::string help);
  void add_integer(std::string name, std::int64_t& target, std::int64_t min, std::string help);
  void add_integer(std::string name, std::optional<std::int64_t>& target, std::int64_t min,
                   std::string help);
  /// Whole numbers side by side: "28,28". `form` shows them in messages and help: "HEIGHT,WIDTH".
  void add_sizes(std::string name, std::optional<std::vector<std::int64_t>>& target,
                 std::string form, std::string help);
  void add_number(std::string name, double& target, double min, double max, std::string help);
  void add_switch(std::string name, bool& target, std::string help);
  /// One of a few words; `set` gets the index of the one given.
  void add_choice(std::string name, std::vector<std::string> words, std::size_t default_index,
                  std::function<void(std::size_t)> set, std::string help);

  /// Marks a flag as one that must be given.
  void demand(std::string_view name);

  /// Reads all arguments. A flag given twice: the last one counts.
  /// Errors: kInvalidArgument with the flag at fault; for an unknown one with the nearest name.
  void parse(std::span<const std::string> arguments) const;

  /// The flags for --help, two columns, in the order in which they were added.
  std::string help() const;

 private:
  struct Flag {
    std::string name;  // without dashes
    std::string value_name;
    std::string help;
    std::string fallback;  // empty: none
    bool is_switch = false;
    bool demanded = false;
    std::function<void(std::string_view)> set;
  };

  const Flag& get(std::string_view name) const;

  std::vector<Flag> flags_;
};

}  // namespace mimar::trainer
