#include <sstream>

#include "cli/program_verbs.h"

namespace mimar::cli {
namespace {

/// Text as roff takes it: backslashes, hyphens and leading dots are special.
std::string escaped(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    if (begins_line && (text[i] == '.' || text[i] == '\'')) result += "\\&";
    if (text[i] == '\\') {
      result += "\\e";
    } else if (text[i] == '-') {
      result += "\\-";
    } else {
      result += text[i];
    }
  }
  return result;
}

void write_option(std::ostream& out, const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) {
    names += (names.empty() ? "--" : ", --") + name;
  }
  if (names.empty()) names = option.get_name();
  out << ".TP\n\\fB" << escaped(names) << "\\fR";
  if (!option.get_positional() && option.get_expected_min() > 0) {
    out << " \\fI" << escaped(option.get_type_name()) << "\\fR";
  }
  out << '\n' << escaped(option.get_description());
  if (!option.get_envname().empty()) out << " (" << escaped(option.get_envname()) << ')';
  out << '\n';
}

void write_verb(std::ostream& out, const CLI::App& verb, const std::string& words) {
  for (const CLI::App* inner : verb.get_subcommands(nullptr)) {
    write_verb(out, *inner, words + ' ' + inner->get_name());
  }
  if (!verb.get_subcommands(nullptr).empty()) return;
  out << ".SS \"" << escaped(words);
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_positional()) out << ' ' << escaped(option->get_name());
  }
  out << "\"\n" << escaped(verb.get_description()) << ".\n";
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_name() != "--help") write_option(out, *option);
  }
  out << ".PP\n.nf\n" << escaped(verb.get_footer()) << ".fi\n";
}

}  // namespace

std::string manual_page(const CLI::App& app) {
  std::ostringstream out;
  out << ".TH MIMAR 1\n.SH NAME\nmimar \\- search network architectures and hyperparameters "
         "together\n.SH SYNOPSIS\n.B mimar\n[flags] VERB ...\n.SH FLAGS OF EVERY VERB\n";
  for (const CLI::Option* option : app.get_options()) write_option(out, *option);
  for (const char* group : {"START", "LOOK", "STEER", "MOVE", "STORE", "META"}) {
    out << ".SH " << group << '\n';
    for (const CLI::App* verb : app.get_subcommands(nullptr)) {
      if (verb->get_group() == group) write_verb(out, *verb, verb->get_name());
    }
  }
  out << ".SH EXIT STATUS\n0 done, 1 failure while running, 2 wrong arguments or an invalid "
         "experiment, 3 not found, 4 name taken or in use, 5 the experiment failed, 6 timeout, 8 "
         "goal missed with \\-\\-require\\-goal, 130, 143, 129 ended by a signal.\n";
  return out.str();
}

}  // namespace mimar::cli
