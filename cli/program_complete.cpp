#include <algorithm>
#include <ostream>
#include <set>

#include "base/error.h"
#include "cli/lookup.h"
#include "cli/program_verbs.h"
#include "draw/plots.h"

namespace mimar::cli {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kBash = R"sh(# mimar completion for bash: source <(mimar completion bash)
_mimar() {
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$(mimar __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" \
    -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _mimar mimar
)sh";

constexpr const char* kZsh = R"sh(#compdef mimar
# mimar completion for zsh: source <(mimar completion zsh)
_mimar() {
  local -a found
  found=("${(@f)$(mimar __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _mimar mimar
)sh";

constexpr const char* kFish = R"sh(# mimar completion for fish: mimar completion fish | source
function __mimar_complete
  set -l words (commandline -opc) (commandline -ct)
  mimar __complete $words[2..] 2>/dev/null
end
complete -c mimar -a '(__mimar_complete)'
)sh";

/// What a command line means up to the word that is being typed.
struct Position {
  CLI::App* verb = nullptr;
  const CLI::Option* value_of = nullptr;  // the option whose value comes next
  Words positionals;                      // of the verb, so far
};

bool takes_value(const CLI::Option& option) { return option.get_expected_min() > 0; }

const CLI::Option* find_option(const CLI::App& verb, const CLI::App& app, const std::string& word) {
  for (const CLI::App* owner : {&verb, &app}) {
    for (const CLI::Option* option : owner->get_options()) {
      if (option->check_name(word)) return option;
    }
  }
  return nullptr;
}

CLI::App* find_verb(CLI::App& parent, const std::string& word) {
  for (CLI::App* verb : parent.get_subcommands(nullptr)) {
    if (verb->get_name() == word) return verb;
  }
  return nullptr;
}

Position walk(CLI::App& app, const Words& before) {
  Position at{.verb = &app, .value_of = nullptr, .positionals = {}};
  for (const std::string& word : before) {
    if (at.value_of != nullptr) {
      at.value_of = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = find_option(*at.verb, app, word);
      if (option != nullptr && takes_value(*option)) at.value_of = option;
    } else if (CLI::App* verb = find_verb(*at.verb, word); verb != nullptr) {
      at.verb = verb;
    } else {
      at.positionals.push_back(word);
    }
  }
  return at;
}

void add_experiments(experiment::Store& store, Words& words) {
  for (const auto& stored : store.list_experiments()) words.push_back(stored.experiment.name);
}

/// Trials of the experiments that `partial` may mean: there can be tens of thousands.
void add_trials(experiment::Store& store, const std::string& partial, Words& words) {
  for (const auto& stored : store.list_experiments()) {
    const std::string& name = stored.experiment.name;
    if (!partial.starts_with(name) && !name.starts_with(partial)) continue;
    for (const auto& trial : store.list_trials(stored.experiment.uid)) words.push_back(trial.name);
  }
}

/// Values of the placeholder that the help shows: EXPERIMENT, TRIAL, KIND, ...
void add_values(Context& context, const std::string& placeholder, const Words& positionals,
                const std::string& partial, Words& words) {
  experiment::Store& store = context.store_to_read();
  if (placeholder == "EXPERIMENT") {
    add_experiments(store, words);
  } else if (placeholder == "TRIAL") {
    add_trials(store, partial, words);
  } else if (placeholder.starts_with("TARGET")) {
    add_experiments(store, words);
    add_trials(store, partial, words);
  } else if (placeholder == "CONTROLLER") {
    for (const auto& saved : store.list_controllers()) {
      words.push_back(saved.name);
      words.push_back(concat(saved.name, '@', saved.version));
    }
  } else if (placeholder == "KIND") {
    for (const char* kind : {"experiments", "trials", "suggestions", "algorithms", "controllers"}) {
      words.emplace_back(kind);
    }
  } else if (placeholder == "NAME" && !positionals.empty()) {
    if (parse_kind(positionals.front()) == Kind::kTrial) {
      add_trials(store, partial, words);
    } else if (parse_kind(positionals.front()) != Kind::kAlgorithm) {
      add_experiments(store, words);
    }
  } else if (placeholder == "WHAT") {
    words.insert(words.end(), {"experiment", "architecture"});
  } else if (placeholder == "TEMPLATE") {
    words.insert(words.end(), {"command", "hpo", "nas", "joint"});
  } else if (placeholder == "SHELL") {
    words.insert(words.end(), {"bash", "zsh", "fish"});
  }
}

void add_option_values(Context& context, const CLI::Option& option, Words& words) {
  const std::string& name = option.get_lnames().front();
  if (name == "output") {
    words.insert(words.end(), {"table", "wide", "json", "yaml", "jsonl", "csv", "name", "args"});
  } else if (name == "color") {
    words.insert(words.end(), {"auto", "always", "never"});
  } else if (name == "to" || name == "from") {
    words.insert(words.end(), {"csv", "jsonl", "json", "dot", "svg"});
  } else if (name == "kind") {
    const Words kinds = draw::plot_kind_names();
    words.insert(words.end(), kinds.begin(), kinds.end());
  } else if (name == "resume-policy") {
    words.insert(words.end(), {"Never", "LongRunning", "FromVolume"});
  } else if (name == "experiment") {
    add_experiments(context.store_to_read(), words);
  } else if (name == "for") {
    for (const char* phase :
         {"Created", "Running", "Retraining", "Succeeded", "Failed", "Stopped"}) {
      words.push_back(std::string("condition=") + phase);
    }
    words.emplace_back("delete");
  }
}

void add_flags(const CLI::App& verb, const CLI::App& app, Words& words) {
  for (const CLI::App* owner : {&verb, &app}) {
    for (const CLI::Option* option : owner->get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  }
}

}  // namespace

std::vector<std::string> complete(CLI::App& app, Context& context, const Words& typed) {
  const std::string partial = typed.empty() ? std::string() : typed.back();
  const Position at = walk(app, typed.empty() ? typed : Words(typed.begin(), typed.end() - 1));
  Words words;
  if (at.value_of != nullptr) {
    add_option_values(context, *at.value_of, words);
  } else if (partial.starts_with('-')) {
    add_flags(*at.verb, app, words);
  } else {
    for (const CLI::App* verb : at.verb->get_subcommands(nullptr)) {
      if (!verb->get_group().empty()) words.push_back(verb->get_name());
    }
    std::vector<const CLI::Option*> positionals;
    for (const CLI::Option* option : at.verb->get_options()) {
      if (option->get_positional()) positionals.push_back(option);
    }
    // The last one may be a list: EXPERIMENT EXPERIMENT ...
    std::size_t next = at.positionals.size();
    if (!positionals.empty() && positionals.back()->get_expected_max() > 1) {
      next = std::min(next, positionals.size() - 1);
    }
    if (next < positionals.size()) {
      add_values(context, positionals[next]->get_name(), at.positionals, partial, words);
    }
  }
  std::erase_if(words, [&](const std::string& word) { return !word.starts_with(partial); });
  return words;
}

ExitCode completion(Context& context, const CompletionOptions& options) {
  if (options.shell == "bash") {
    context.out() << kBash;
  } else if (options.shell == "zsh") {
    context.out() << kZsh;
  } else {
    require(options.shell == "fish", "completion is for bash, zsh or fish: ", options.shell);
    context.out() << kFish;
  }
  return kDone;
}

}  // namespace mimar::cli
