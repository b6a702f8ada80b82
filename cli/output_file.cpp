#include "cli/output_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>

#include "base/error.h"

namespace mimar::cli {

namespace fs = std::filesystem;

void write_text(Context& context, const std::string& file, std::string_view text) {
  if (file.empty() || file == "-") {
    context.out() << text;
    return;
  }
  if (fs::exists(file) && !fs::is_regular_file(file)) {  // /dev/stdout, a pipe: nothing to keep
    std::ofstream out(file);
    out << text << std::flush;
    if (!out) fail(ErrorCode::kFailedPrecondition, "cannot write to ", file);
    return;
  }
  const std::string temporary = concat(file, ".new-", ::getpid());
  std::ofstream out(temporary, std::ios::binary);
  out << text << std::flush;
  const bool written = out.good();
  out.close();
  std::error_code error;
  if (written) fs::rename(temporary, file, error);
  if (!written || error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    fail(ErrorCode::kFailedPrecondition, "cannot write ", file, ": ",
         error ? error.message() : "is there such a folder, and is there room on the disk?");
  }
}

}  // namespace mimar::cli
