#include "cli/program_verbs.h"
#include "cli/verbs/store.h"

namespace mimar::cli {

void add_store_verbs(CLI::App& app, CommandLine& line) {
  const char* group = "STORE";
  CLI::App* store = app.add_subcommand("store", "Look after the store and the files of trials");
  store->group(group);
  store->require_subcommand(1);

  add_plain_verb(*store, line, group, "check", "Tell whether the store is sound",
                 "mimar store check", store_check);

  const auto copied = add_verb<StoreBackupOptions>(
      *store, line, group, "backup", "Copy the store into a file, also while experiments run",
      "mimar store backup mimar-backup.db", store_backup);
  copied.app->add_option("FILE", copied.options.file, "The file to make")->required();

  add_plain_verb(*store, line, group, "migrate",
                 "Bring the store of an older Mimar up to date, keeping a copy",
                 "mimar store migrate", store_migrate);
  add_plain_verb(*store, line, group, "vacuum",
                 "Give back the room that deleted experiments left in the store",
                 "mimar store vacuum", store_vacuum);

  const auto cleaned = add_verb<StoreCleanOptions>(
      *store, line, group, "clean", "Remove what failed or killed and deleted trials have left",
      "mimar store clean --older-than 30d --dry-run", store_clean);
  cleaned.app
      ->add_option("--older-than", cleaned.options.older_than,
                   "Only of trials that ended so long ago (12h, 30d)")
      ->type_name("DURATION");
  cleaned.app->add_flag("--dry-run", cleaned.options.dry_run, "Only say what would go");
}

}  // namespace mimar::cli
