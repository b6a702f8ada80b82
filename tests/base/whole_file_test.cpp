#include "base/whole_file.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace mimar {
namespace {

namespace fs = std::filesystem;

class WholeFile : public testing::Test {
 protected:
  WholeFile() {
    std::string pattern = (fs::temp_directory_path() / "mimar-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~WholeFile() override { fs::remove_all(folder_); }

  static std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::ptrdiff_t num_files() const {
    return std::distance(fs::recursive_directory_iterator(folder_),
                         fs::recursive_directory_iterator());
  }

  fs::path folder_;
};

TEST_F(WholeFile, IsWrittenIntoANewFolder) {
  const std::string bytes("a\0b", 3);
  write_whole_file(folder_ / "deep/er/file", bytes);
  EXPECT_EQ(read(folder_ / "deep/er/file"), bytes);
  EXPECT_EQ(num_files(), 3);  // two folders, no temporary file
}

TEST_F(WholeFile, StaysAsItWasWhenWritingFails) {
  const fs::path file = folder_ / "file";
  write_whole_file(file, "before");
  EXPECT_THROW(write_atomically(file,
                                [](const fs::path& path) {
                                  std::ofstream(path) << "half";
                                  throw std::runtime_error("no more");
                                }),
               std::runtime_error);
  EXPECT_EQ(read(file), "before");
  EXPECT_EQ(num_files(), 1);
  write_whole_file(file, "after");
  EXPECT_EQ(read(file), "after");
}

}  // namespace
}  // namespace mimar
