#pragma once

#include <string>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

/// `mimar store check`: whether the store is sound; exit code 1 when it is not.
ExitCode store_check(Context& context);

struct StoreBackupOptions {
  std::string file = {};
};

/// `mimar store backup`: copies the store into a file, also while experiments run.
ExitCode store_backup(Context& context, const StoreBackupOptions& options);

/// `mimar store migrate`: brings the store of an older Mimar up to date, keeping a copy.
ExitCode store_migrate(Context& context);

/// `mimar store vacuum`: gives back the room that deleted things left in the store's file.
ExitCode store_vacuum(Context& context);

struct StoreCleanOptions {
  std::string older_than = {};  // empty: of any age
  bool dry_run = false;
};

/// `mimar store clean`: removes files that no trial needs any more, after asking.
ExitCode store_clean(Context& context, const StoreCleanOptions& options);

}  // namespace mimar::cli
