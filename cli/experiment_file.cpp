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

ExperimentFile read_experiments(Context& context, const std::string& file,
                                const experiment::ParseOptions& options) {
  ExperimentFile read;
  read.name = file == "-" ? "<stdin>" : file;
  read.text = read_text(context, file);
  read.result = experiment::parse_experiments(read.text, options);
  return read;
}

void print_file_problems(Context& context, const ExperimentFile& file) {
  const auto& problems = file.result.problems;
  if (problems.empty()) return;
  context.err() << experiment::print_problems(file.name, file.text, problems,
                                              context.err_style().color);
}

}  // namespace mimar::cli
