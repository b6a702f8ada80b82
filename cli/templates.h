#pragma once

#include <span>
#include <string_view>

namespace mimar::cli {

/// A file of a folder that `mimar init` writes. @NAME@ and @DIRECTORY@ in the text stand for the
/// experiment's name and the folder's absolute path.
struct TemplateFile {
  std::string_view kind;  // command, hpo, nas or joint
  std::string_view name;  // of the file
  std::string_view text;
};

/// All files of all kinds, built in from cli/templates/.
std::span<const TemplateFile> template_files();

}  // namespace mimar::cli
