#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "experiment/parse.h"

namespace mimar::cli {

/// A file as read, with what the parser found in it.
struct ExperimentFile {
  std::string name;  // as given; "<stdin>" for "-"
  std::string text;
  experiment::ParseResult result;
  std::vector<experiment::NamedText> config_maps = {};  // that problems may be in
};

/// Reads a whole file, or stdin for "-".
/// Errors: kNotFound when there is no such file, with the nearest of its folder.
std::string read_text(Context& context, const std::string& file);

/// Reads and parses; problems are for the caller to print.
ExperimentFile read_experiments(Context& context, const std::string& file,
                                const experiment::ParseOptions& options);

/// Reads the files of `--config-map`: each itself, or the .yaml, .yml and .json files of a folder,
/// by name. Errors: kNotFound.
std::vector<experiment::NamedText> read_config_maps(Context& context,
                                                    const std::vector<std::string>& paths);

/// Writes problems to stderr as compilers do, with a count of them, file by file.
void print_file_problems(Context& context, const ExperimentFile& file);

}  // namespace mimar::cli
