#include <string_view>

#include "base/error.h"
#include "experiment/trial_job.h"

namespace mimar::experiment {

namespace {

/// The text under `key`; empty when there is none.
std::string text_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const Json& primary_container(const TrialJob& job) {
  static const Json::json_pointer kContainers("/spec/template/spec/containers");
  require(job.object.contains(kContainers) && job.object.at(kContainers).is_array(),
          "the trial's job has no spec.template.spec.containers, so it cannot run on this machine; "
          "write a batch/v1 Job");
  for (const Json& container : job.object.at(kContainers)) {
    if (text_at(container, "name") == job.primary_container_name) return container;
  }
  fail(ErrorCode::kInvalidArgument, "the trial's job has no container \"",
       job.primary_container_name, "\", which trialTemplate.primaryContainerName names");
}

/// The strings of a list in the container; empty when the list is missing.
std::vector<std::string> texts(const Json& container, const char* key) {
  std::vector<std::string> result;
  const auto found = container.find(key);
  if (found == container.end() || found->is_null()) return result;
  require(found->is_array(), "container ", key, " must be a list of texts");
  for (const Json& element : *found) {
    require(element.is_string(), "container ", key, " must be a list of texts; put quotes around ",
            element.dump());
    result.push_back(element.get<std::string>());
  }
  return result;
}

const LocalImage* find_image(const TrialJob& job, const Json& container) {
  const auto found = job.local.images.find(text_at(container, "image"));
  return found == job.local.images.end() ? nullptr : &found->second;
}

std::vector<std::string> whole_vector(const Json& container, const LocalImage* image) {
  std::vector<std::string> argv = texts(container, "command");
  if (argv.empty() && image != nullptr) argv = image->command;
  require(!argv.empty(), "container \"", text_at(container, "name"),
          "\" has no command; write one, or say what its image runs on this machine:\n",
          image_lines(text_at(container, "image"), true));
  const std::vector<std::string> args = texts(container, "args");
  argv.insert(argv.end(), args.begin(), args.end());
  return argv;
}

bool is_shell(std::string_view program) {
  const std::string_view base = program.substr(program.rfind('/') + 1);
  return base == "sh" || base == "bash";
}

/// Katib's rule: `sh -c` or `bash -c` in front stays, everything after is joined by spaces without
/// quoting. A full path to the shell counts too; Katib would hand it to a second shell, which
/// would then run the first word alone.
std::vector<std::string> shell_form(const std::vector<std::string>& argv) {
  const bool has_shell = argv.size() > 2 && is_shell(argv[0]) && argv[1] == "-c";
  std::string script;
  for (std::size_t i = has_shell ? 2 : 0; i < argv.size(); ++i) {
    if (!script.empty()) script += ' ';
    script += argv[i];
  }
  return {has_shell ? argv[0] : "sh", "-c", script};
}

void add_environment(const Json& container, ContainerCommand& command) {
  const auto entries = container.find("env");
  if (entries == container.end() || !entries->is_array()) return;
  for (const Json& entry : *entries) {
    const std::string name = text_at(entry, "name");
    require(!name.empty(), "container env holds an entry without a name: ", entry.dump());
    if (entry.contains("valueFrom")) {
      command.warnings.push_back(
          concat("env ", name, " uses valueFrom, which only a cluster can resolve: left unset"));
      continue;
    }
    const auto value = entry.find("value");
    require(value == entry.end() || value->is_string(), "container env ", name,
            " must be a text; put quotes around its value");
    command.environment[name] = value == entry.end() ? "" : value->get<std::string>();
  }
}

}  // namespace

std::string image_lines(const std::string& image, bool needs_command) {
  return concat("  spec:\n    local:\n      images:\n        \"", image.empty() ? "IMAGE" : image,
                "\": {directory: DIR", needs_command ? ", command: [PROGRAM, ARGUMENT]}" : "}");
}

ContainerCommand primary_command(const TrialJob& job) {
  return container_command(job, primary_container(job), job.command_form);
}

ContainerCommand container_command(const TrialJob& job, const Json& container, CommandForm form) {
  const LocalImage* image = find_image(job, container);

  ContainerCommand command;
  command.argv = whole_vector(container, image);
  if (form == CommandForm::kShell) command.argv = shell_form(command.argv);
  if (image != nullptr) {
    command.environment = image->environment;
    command.working_directory = image->directory;
  }
  if (command.working_directory.empty()) {
    command.working_directory = text_at(container, "workingDir");
  }
  add_environment(container, command);
  command.environment["KATIB_TRIAL_NAME"] = job.trial_name;
  return command;
}

}  // namespace mimar::experiment
