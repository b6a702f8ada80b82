#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

struct ControllersListOptions {
  std::string name = {};  // only versions of this one
};
/// `mimar controllers list`: all versions of all saved controllers.
ExitCode controllers_list(Context& context, const ControllersListOptions& options);

struct ControllersShowOptions {
  std::string name = {};
};
/// `mimar controllers show`: where a saved controller comes from and what it knows.
ExitCode controllers_show(Context& context, const ControllersShowOptions& options);

struct ControllersSaveOptions {
  std::string experiment = {};
  std::string name = {};
};
/// `mimar controllers save`: keeps an experiment's controller as it is now.
ExitCode controllers_save(Context& context, const ControllersSaveOptions& options);

struct ControllersExportOptions {
  std::string name = {};
  std::string file = {};
};
/// `mimar controllers export`: writes a saved controller to a file.
ExitCode controllers_export(Context& context, const ControllersExportOptions& options);

struct ControllersImportOptions {
  std::string file = {};
  std::string name = {};
};
/// `mimar controllers import`: keeps a file as the next version of a name, once it is sound.
ExitCode controllers_import(Context& context, const ControllersImportOptions& options);

struct ControllersDeleteOptions {
  std::string name = {};
};
/// `mimar controllers delete`: one version, or all of a name.
ExitCode controllers_delete(Context& context, const ControllersDeleteOptions& options);

}  // namespace mimar::cli
