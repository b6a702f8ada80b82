#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file_descriptor.h"
#include "base/json.h"
#include "base/nearest_name.h"
#include "cli/templates.h"
#include "cli/text.h"
#include "cli/verbs/run.h"
#include "experiment/parse.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExperimentFile = "experiment.yaml";
constexpr const char* kSchemaFile = "experiment.schema.json";
constexpr std::size_t kLongestName = 40;

/// Errors: kInvalidArgument with the nearest and all known ones.
void check_kind(const std::string& kind) {
  std::set<std::string> kinds;
  for (const TemplateFile& file : template_files()) kinds.emplace(file.kind);
  if (kinds.contains(kind)) return;
  const auto nearest =
      find_nearest_name(kind, std::vector<std::string>(kinds.begin(), kinds.end()));
  std::string list;
  for (const std::string& known : kinds) list += (list.empty() ? "" : ", ") + known;
  fail(ErrorCode::kInvalidArgument, "no kind \"", kind, "\"; ",
       nearest ? "did you mean \"" + *nearest + "\"?" : "there are " + list);
}

/// The folder's name as an experiment can bear it: a DNS label.
std::string to_experiment_name(const fs::path& folder, const std::string& kind) {
  std::string name;
  for (const char letter : folder.filename().string()) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x80 && std::isalnum(code) != 0) {
      name += static_cast<char>(std::tolower(code));
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name.erase(0, std::min(name.find_first_not_of("0123456789-"), name.size()));
  name.resize(std::min(name.size(), kLongestName));
  name.erase(name.find_last_not_of('-') + 1);
  return name.empty() ? kind : name;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// Files that are written together or not at all.
class NewFiles {
 public:
  ~NewFiles() {
    std::error_code ignored;
    if (!kept_) {
      for (const fs::path& path : paths_) fs::remove(path, ignored);
    }
  }

  /// Errors: kAlreadyExists.
  void write(const fs::path& path, std::string_view text) {
    const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file && errno == EEXIST) {
      fail(ErrorCode::kAlreadyExists, "\"", path.string(),
           "\" is there already, and nothing is overwritten; choose another folder");
    }
    if (!file) fail_errno("writing " + path.string());
    paths_.push_back(path);
    while (!text.empty()) {
      const ssize_t count = ::write(file.get(), text.data(), text.size());
      if (count < 0) fail_errno("writing " + path.string());
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void keep() noexcept { kept_ = true; }
  const std::vector<fs::path>& paths() const noexcept { return paths_; }

 private:
  std::vector<fs::path> paths_;
  bool kept_ = false;
};

}  // namespace

ExitCode init(Context& context, const InitOptions& options) {
  check_kind(options.kind);
  const fs::path folder = fs::absolute(options.directory).lexically_normal();
  const fs::path named = folder.has_filename() ? folder : folder.parent_path();
  const std::string name = to_experiment_name(named, options.kind);
  fs::create_directories(named);
  NewFiles files;
  for (const TemplateFile& file : template_files()) {
    if (file.kind != options.kind) continue;
    std::string text = replaced(std::string(file.text), "@NAME@", name);
    // In comments as a shell takes it, as a value quoted for YAML.
    text = replaced(std::move(text), "workingDir: @DIRECTORY@",
                    "workingDir: " + Json(named.string()).dump());
    text = replaced(std::move(text), "@DIRECTORY@/experiment.yaml",
                    shell_quote((named / kExperimentFile).string()));
    files.write(named / file.name, text);
  }
  files.write(named / kSchemaFile, experiment::experiment_schema().dump(2) + '\n');
  files.keep();
  for (const fs::path& path : files.paths()) context.out() << path.string() << '\n';
  context.print_note("`mimar run " +
                     shell_quote((fs::path(options.directory) / kExperimentFile).string()) +
                     "` runs it");
  return kDone;
}

}  // namespace mimar::cli
