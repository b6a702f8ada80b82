#include "cli/experiment_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>

#include "base/error.h"
#include "base/nearest_name.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;

std::string did_you_mean_file(const fs::path& missing) {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = missing.has_parent_path() ? missing.parent_path() : fs::path(".");
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  const auto nearest = find_nearest_name(missing.filename().string(), names);
  return nearest ? "; did you mean \"" + (missing.parent_path() / *nearest).string() + "\"?" : "";
}

}  // namespace

std::string read_text(Context& context, const std::string& file) {
  if (file == "-") return {std::istreambuf_iterator<char>(context.in()), {}};
  std::error_code error;
  if (!fs::exists(file, error)) {
    fail(ErrorCode::kNotFound, "no file \"", file, "\"", did_you_mean_file(file));
  }
  require(!fs::is_directory(file, error), "is a folder, not a file: ", file);
  std::ifstream in(file, std::ios::binary);
  if (!in) fail_errno("opening " + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<experiment::NamedText> read_config_maps(Context& context,
                                                    const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
      const std::string extension = entry.path().extension().string();
      const bool may_hold = extension == ".yaml" || extension == ".yml" || extension == ".json";
      if (may_hold && entry.is_regular_file()) found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  std::vector<experiment::NamedText> texts;
  for (const std::string& file : files) texts.push_back({file, read_text(context, file)});
  return texts;
}

ExperimentFile read_experiments(Context& context, const std::string& file,
                                const experiment::ParseOptions& options) {
  ExperimentFile read;
  read.name = file == "-" ? "<stdin>" : file;
  read.text = read_text(context, file);
  read.result = experiment::parse_experiments(read.text, options);
  read.config_maps = options.config_maps;
  return read;
}

void print_file_problems(Context& context, const ExperimentFile& file) {
  const auto print = [&](const std::string& name, const std::string& text, const std::string& key) {
    std::vector<experiment::DocumentProblem> problems = file.result.problems;
    std::erase_if(problems, [&](const auto& problem) { return problem.file != key; });
    if (problems.empty()) return;
    context.err() << experiment::print_problems(name, text, problems, context.err_style().color);
  };
  print(file.name, file.text, "");
  for (const experiment::NamedText& text : file.config_maps) print(text.name, text.text, text.name);
}

}  // namespace mimar::cli
