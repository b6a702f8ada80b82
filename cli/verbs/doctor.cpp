#include <sched.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/child_program.h"
#include "cli/cleaning.h"
#include "cli/output_format.h"
#include "cli/state_dir.h"
#include "cli/text.h"
#include "cli/verbs/meta.h"
#include "experiment/store/maintenance.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;

enum class Health : std::uint8_t { kGood, kWarning, kBad };

/// One thing looked at.
struct Finding {
  std::string name;
  Health health = Health::kGood;
  std::string text;
  std::string fix = {};
};

constexpr double kLittleDisk = 2e9;  // bytes: a few hundred exported models

std::string_view to_string(Health health) {
  switch (health) {
    case Health::kGood:
      return "good";
    case Health::kWarning:
      return "warning";
    case Health::kBad:
      return "bad";
  }
  return "";
}

Finding look_at_store(Context& context) {
  const fs::path& folder = context.state_dir();
  if (!holds_store(folder)) {
    // The nearest folder that exists must let us make the rest.
    fs::path above = folder;
    std::error_code ignored;
    while (!fs::exists(above, ignored) && above.has_relative_path()) above = above.parent_path();
    if (access(above.c_str(), W_OK) == 0) {
      return {"store", Health::kGood, folder.string() + " (made by the first run)"};
    }
    return {"store", Health::kBad, "may not write to " + above.string(),
            "choose another place: --state-dir DIR or MIMAR_HOME"};
  }
  try {
    const auto count = context.store().list_experiments().size();
    return {"store", Health::kGood,
            concat((folder / "mimar.db").string(), " (", count,
                   count == 1 ? " experiment, " : " experiments, ",
                   bytes_text(experiment::store_bytes(folder)), ')')};
  } catch (const Error& error) {
    return {"store", Health::kBad, error.what(),
            "move the file away, or choose another place: --state-dir DIR"};
  }
}

/// What trials have left in files, and how much of it nobody needs.
Finding look_at_files(Context& context) {
  const fs::path folder = context.state_dir() / "trials";
  const std::string all =
      bytes_text(bytes_below(folder)) + " of trials' files at " + folder.string();
  std::vector<Waste> waste;
  try {
    waste = find_waste(context.state_dir(), context.store_to_read(), context.clock().now());
  } catch (const Error&) {
    return {"files", Health::kGood, all};  // the store is told of above
  }
  if (waste.empty()) return {"files", Health::kGood, all};
  return {"files", Health::kGood,
          concat(all, ", ", bytes_text(total_bytes(waste)),
                 " of failed, killed and deleted ones: `mimar store clean` removes these")};
}

Finding look_at_disk(Context& context) {
  fs::path folder = context.state_dir();
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  struct statvfs volume {};
  if (statvfs(folder.c_str(), &volume) != 0) {
    return {"disk", Health::kWarning, "cannot tell the free space at " + folder.string(), ""};
  }
  const double free = static_cast<double>(volume.f_bavail) * static_cast<double>(volume.f_frsize);
  const std::string text = format_count(free) + "B free at " + folder.string();
  if (free >= kLittleDisk) return {"disk", Health::kGood, text};
  return {"disk", Health::kWarning, text,
          "mimar store clean, then delete experiments that are no longer needed: mimar delete "
          "experiment NAME"};
}

Finding look_at_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const long present = sysconf(_SC_NPROCESSORS_ONLN);
  const int usable = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
  std::string text = concat(usable, usable == 1 ? " core" : " cores");
  if (usable < present) text += concat(" of the machine's ", present);
  return {"cores", Health::kGood, text + ", divided among parallel trials"};
}

Finding look_at_train(const std::optional<fs::path>& program) {
  if (!program) {
    return {"mimar-train", Health::kWarning,
            "not found beside mimar or in PATH: only trials with programs of their own can run",
            "build with LibTorch (scripts/install-packages, then scripts/quickstart)"};
  }
  const ProgramResult result = run_program_to_end({program->string(), "version"});
  if (result.exit_code != 0) {
    return {"mimar-train", Health::kBad,
            concat(program->string(), " does not start (exit code ", result.exit_code, ')'),
            "see what it says: " + program->string() + " version"};
  }
  const std::string first_line = result.output.substr(0, result.output.find('\n'));
  return {"mimar-train", Health::kGood, first_line + " at " + program->string()};
}

/// The file that a program's `library` is loaded from, links followed; empty if it has none.
fs::path loaded_library(const fs::path& program, std::string_view library) {
  const std::string listing = run_program_to_end({"ldd", program.string()}).output;
  const std::size_t at = listing.find(library);
  if (at == std::string::npos) return {};
  const std::size_t begin = listing.find("=> ", at);
  if (begin == std::string::npos) return {};
  const std::size_t end = listing.find(" (", begin);
  std::error_code ignored;
  return fs::canonical(listing.substr(begin + 3, end - begin - 3), ignored);
}

std::vector<Finding> look_at_blas(const std::optional<fs::path>& program) {
  if (!program) return {};
  const fs::path library = loaded_library(*program, "libblas.so.3");
  if (library.empty()) {
    return {{"BLAS", Health::kGood, "mimar-train brings its own"}};
  }
  for (const std::string_view fast : {"openblas", "mkl", "blis", "atlas"}) {
    if (library.string().find(fast) != std::string::npos) {
      return {{"BLAS", Health::kGood, library.string()}};
    }
  }
  return {{"BLAS", Health::kBad,
           "is the reference library: matrix products run about 45x slower than OpenBLAS (" +
               library.string() + ")",
           "apt-get install libopenblas0-pthread"}};
}

Finding look_at_data() {
  const fs::path folder = "/usr/share/datasets/fashion-mnist";
  std::error_code ignored;
  for (const char* name : {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"}) {
    if (fs::exists(folder / name, ignored)) return {"data", Health::kGood, folder.string()};
  }
  return {"data", Health::kWarning, "Fashion-MNIST is not at " + folder.string(),
          "apt-get install dataset-fashion-mnist, or give mimar-train another --data-dir"};
}

Finding look_at_locale() {
  if (locale_is_utf8()) return {"locale", Health::kGood, "UTF-8"};
  return {"locale", Health::kWarning, "is not UTF-8: drawings and curves are in ASCII",
          "export LC_ALL=C.UTF-8"};
}

Finding look_at_terminal(const Context& context) {
  if (!context.console().out_is_terminal) {
    return {"terminal", Health::kGood, "none: `mimar run` writes one line per event"};
  }
  const TerminalSize size = terminal_size(STDOUT_FILENO);
  const std::string text = concat(size.columns, " x ", size.rows,
                                  context.out_style().color ? ", colours" : ", no colours");
  if (size.columns >= 60 && size.rows >= 10) return {"terminal", Health::kGood, text};
  return {"terminal", Health::kWarning, text + ": too small for the live screen to be of use",
          "make the window larger, or pipe through cat for plain lines"};
}

Finding look_at_python() {
  if (const auto program = find_program("python3")) {
    return {"python3", Health::kGood,
            program->string() + " (only trials written in Python need it)"};
  }
  return {"python3", Health::kWarning, "not found: only trials written in Python need it",
          "apt-get install python3"};
}

void write_finding(Context& context, const Finding& finding) {
  const Style& style = context.out_style();
  std::string mark;
  switch (finding.health) {
    case Health::kGood:
      mark = style.paint(Paint::kGood, style.glyph("✓", "+"));
      break;
    case Health::kWarning:
      mark = style.paint(Paint::kWarning, "!");
      break;
    case Health::kBad:
      mark = style.paint(Paint::kBad, style.glyph("✗", "x"));
      break;
  }
  context.out() << mark << ' ' << finding.name << ' ' << finding.text << '\n';
  if (!finding.fix.empty()) context.out() << "    fix: " << finding.fix << '\n';
}

}  // namespace

ExitCode doctor(Context& context) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl});
  const auto train = find_program("mimar-train");
  std::vector<Finding> findings = {look_at_store(context), look_at_files(context),
                                   look_at_disk(context), look_at_cores(), look_at_train(train)};
  for (Finding& finding : look_at_blas(train)) findings.push_back(std::move(finding));
  for (const Finding& finding :
       {look_at_data(), look_at_locale(), look_at_terminal(context), look_at_python()}) {
    findings.push_back(finding);
  }

  bool well = true;
  Json list = Json::array();
  for (const Finding& finding : findings) {
    well = well && finding.health != Health::kBad;
    list.push_back({{"name", finding.name},
                    {"health", to_string(finding.health)},
                    {"text", finding.text},
                    {"fix", finding.fix}});
    if (!shows_objects(format)) write_finding(context, finding);
  }
  if (shows_objects(format)) write_object(context.out(), format, list);
  return well ? kDone : kFailure;
}

}  // namespace mimar::cli
