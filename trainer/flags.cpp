#include "trainer/flags.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"

namespace mimar::trainer {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(separator)) + word;
  return text;
}

std::int64_t parse_integer(const std::string& name, std::string_view text, std::int64_t min) {
  const std::optional<std::int64_t> value = find_integer(text);
  require(value && *value >= min, "--", name, " must be a whole number of at least ", min,
          ", not \"", text, "\"");
  return *value;
}

bool parse_switch(const std::string& name, std::string_view text) {
  require(text == "true" || text == "false", "--", name, " is true or false, not \"", text, "\"");
  return text == "true";
}

bool is_boolean(std::string_view text) { return text == "true" || text == "false"; }

/// As many whole numbers from 1 on as `form` has words.
std::vector<std::int64_t> parse_sizes(std::string_view name, std::string_view form,
                                      std::string_view text) {
  std::vector<std::int64_t> sizes;
  const auto wanted = static_cast<std::size_t>(std::count(form.begin(), form.end(), ',') + 1);
  for (std::string_view rest = text; sizes.size() < wanted;) {
    const std::size_t comma = rest.find(',');
    const auto size = find_integer(rest.substr(0, comma));
    const bool is_last = comma == rest.npos;
    require(size && *size >= 1 && is_last == (sizes.size() + 1 == wanted), "--", name, " must be ",
            form, ", whole numbers from 1 on: \"", text, "\"");
    sizes.push_back(*size);
    rest.remove_prefix(is_last ? rest.size() : comma + 1);
  }
  return sizes;
}

}  // namespace

void FlagSet::add_text(std::string name, std::string& target, std::string help) {
  flags_.push_back({.name = std::move(name),
                    .value_name = "TEXT",
                    .help = std::move(help),
                    .fallback = target,
                    .set = [&target](std::string_view text) { target = text; }});
}

void FlagSet::add_path(std::string name, std::optional<std::string>& target, std::string help) {
  flags_.push_back({.name = std::move(name),
                    .value_name = "PATH",
                    .help = std::move(help),
                    .fallback = target.value_or(""),
                    .set = [&target](std::string_view text) {
                      if (text.empty()) {
                        target.reset();
                      } else {
                        target = text;
                      }
                    }});
}

void FlagSet::add_integer(std::string name, std::int64_t& target, std::int64_t min,
                          std::string help) {
  flags_.push_back({.name = name,
                    .value_name = "N",
                    .help = std::move(help),
                    .fallback = std::to_string(target),
                    .set = [&target, name, min](std::string_view text) {
                      target = parse_integer(name, text, min);
                    }});
}

void FlagSet::add_integer(std::string name, std::optional<std::int64_t>& target, std::int64_t min,
                          std::string help) {
  flags_.push_back({.name = name,
                    .value_name = "N",
                    .help = std::move(help),
                    .fallback = target ? std::to_string(*target) : "",
                    .set = [&target, name, min](std::string_view text) {
                      if (text.empty()) {
                        target.reset();
                      } else {
                        target = parse_integer(name, text, min);
                      }
                    }});
}

void FlagSet::add_sizes(std::string name, std::optional<std::vector<std::int64_t>>& target,
                        std::string form, std::string help) {
  flags_.push_back({.name = name,
                    .value_name = form,
                    .help = std::move(help),
                    .fallback = "",
                    .set = [&target, name, form](std::string_view text) {
                      target.reset();
                      if (!text.empty()) target = parse_sizes(name, form, text);
                    }});
}

void FlagSet::add_number(std::string name, double& target, double min, double max,
                         std::string help) {
  flags_.push_back({.name = name,
                    .value_name = "X",
                    .help = std::move(help),
                    .fallback = to_text(target),
                    .set = [&target, name, min, max](std::string_view text) {
                      const std::optional<double> value = find_double(text);
                      require(value && *value >= min && *value <= max, "--", name,
                              " must be a number from ", to_text(min), " to ", to_text(max),
                              ", not \"", text, "\"");
                      target = *value;
                    }});
}

void FlagSet::add_switch(std::string name, bool& target, std::string help) {
  flags_.push_back(
      {.name = name,
       .value_name = "",
       .help = std::move(help),
       .fallback = target ? "true" : "false",
       .is_switch = true,
       .set = [&target, name](std::string_view text) { target = parse_switch(name, text); }});
}

void FlagSet::add_choice(std::string name, std::vector<std::string> words,
                         std::size_t default_index, std::function<void(std::size_t)> set,
                         std::string help) {
  const std::string fallback = words[default_index];
  const std::string all = joined(words, "|");
  flags_.push_back(
      {.name = name,
       .value_name = all,
       .help = std::move(help),
       .fallback = fallback,
       .set = [words = std::move(words), set = std::move(set), name, all](std::string_view text) {
         const auto found = std::find(words.begin(), words.end(), text);
         if (found == words.end()) {
           const auto nearest = find_nearest_name(text, words);
           fail(ErrorCode::kInvalidArgument, "--", name, " cannot be \"", text, "\"",
                nearest ? concat("; did you mean \"", *nearest, "\"?") : "", " (one of ", all, ")");
         }
         set(static_cast<std::size_t>(found - words.begin()));
       }});
}

void FlagSet::demand(std::string_view name) {
  for (Flag& flag : flags_) {
    if (flag.name == name) flag.demanded = true;
  }
}

const FlagSet::Flag& FlagSet::get(std::string_view name) const {
  std::vector<std::string> known;
  for (const Flag& flag : flags_) {
    if (flag.name == name) return flag;
    known.push_back(flag.name);
  }
  const auto nearest = find_nearest_name(name, known);
  fail(ErrorCode::kInvalidArgument, "unknown flag --", name,
       nearest ? concat("; did you mean --", *nearest, "?") : "; --help lists the flags");
}

void FlagSet::parse(std::span<const std::string> arguments) const {
  std::set<std::string> given;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument.empty()) continue;
    require(argument.starts_with("--") && argument.size() > 2, "unexpected argument \"", argument,
            "\": flags begin with --");
    const std::size_t equals = argument.find('=');
    const Flag& flag = get(argument.substr(2, equals == argument.npos ? equals : equals - 2));
    given.insert(flag.name);
    if (equals != argument.npos) {
      flag.set(argument.substr(equals + 1));
    } else if (flag.is_switch) {
      const bool has_value = i + 1 < arguments.size() && is_boolean(arguments[i + 1]);
      flag.set(has_value ? arguments[++i] : "true");
    } else {
      require(i + 1 < arguments.size(), "--", flag.name, " needs a value");
      flag.set(arguments[++i]);
    }
  }
  for (const Flag& flag : flags_) {
    require(!flag.demanded || given.contains(flag.name), "--", flag.name, " must be given");
  }
}

std::string FlagSet::help() const {
  std::string text;
  for (const Flag& flag : flags_) {
    std::string left =
        concat("  --", flag.name, flag.value_name.empty() ? "" : "=", flag.value_name);
    left += left.size() < 28 ? std::string(28 - left.size(), ' ') : "\n" + std::string(28, ' ');
    text += concat(left, flag.help);
    if (flag.demanded) text += " (needed)";
    if (!flag.fallback.empty() && !flag.is_switch) text += concat(" [", flag.fallback, "]");
    text += "\n";
  }
  return text;
}

}  // namespace mimar::trainer
