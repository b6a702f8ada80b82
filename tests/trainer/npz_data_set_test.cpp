#include "trainer/npz_data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>

#include "base/error.h"
#include "tests/trainer/tiny_data.h"
#include "trainer/npz_file.h"

namespace mimar::trainer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NpzTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
      GTEST_SKIP() << "Python has no NumPy (Debian: python3-numpy, python3-torch has it)";
    }
  }

  std::string file() const { return (folder_.path() / "data.npz").string(); }

  /// Runs NumPy: `n` is the module, `u` its type of unsigned bytes.
  void write(const std::string& function, const std::string& arrays) const {
    const std::string command = concat("/usr/bin/python3 -c \"import numpy as n; u = n.uint8; n.",
                                       function, "('", file(), "', ", arrays, ")\"");
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  std::string error() const {
    try {
      read_npz_data_set(file());
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  Bytes bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TemporaryFolder folder_;
};

TEST_F(NpzTest, ReadsWhatNumPyWrote) {
  for (const char* function : {"savez", "savez_compressed"}) {
    write(function,
          "images=n.arange(12, dtype=u).reshape(1, 2, 2, 3), labels=n.array([4]), "
          "test_images=n.full((2, 2, 2, 3), 7, u), test_labels=n.array([0, 5], n.int16)");
    const DataSet data = read_npz_data_set(file());
    EXPECT_EQ(data.name, "npz");
    EXPECT_EQ(data.classes, 6);
    EXPECT_EQ(data.train.channels, 3);
    EXPECT_THAT(data.train.pixels, ElementsAre(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11));
    EXPECT_THAT(data.train.labels, ElementsAre(4));
    EXPECT_THAT(data.test.labels, ElementsAre(0, 5));
    EXPECT_EQ(data.test.size(), 2);
  }
}

TEST_F(NpzTest, TakesGreyImagesWithoutTest) {
  write("savez", "images=n.zeros((3, 4, 5), u), labels=n.array([0, 1, 1], u)");
  const DataSet data = read_npz_data_set(file());
  EXPECT_EQ(data.train.channels, 1);
  EXPECT_EQ(data.train.height, 4);
  EXPECT_EQ(data.train.width, 5);
  EXPECT_EQ(data.classes, 2);
  EXPECT_EQ(data.test.size(), 0);
}

TEST_F(NpzTest, NamesFileFaultAndFix) {
  write("savez", "pictures=n.zeros((3, 4, 4), u)");
  EXPECT_THAT(error(), HasSubstr(concat(file(), ": no array \"images\" (there are: pictures)")));
  write("savez", "images=n.zeros((3, 4, 4)), labels=n.zeros(3, int)");
  EXPECT_THAT(error(), HasSubstr("not of NumPy's type <f8"));
  write("savez", "images=n.zeros((3, 4, 4), u), labels=n.zeros(2, int)");
  EXPECT_THAT(error(), HasSubstr("one number for each of the 3 images"));
  write("savez", "images=n.zeros((3, 4, 4), u), labels=n.array([0, -1, 2])");
  EXPECT_THAT(error(), HasSubstr("labels must lie in 0..255: -1 of image 1"));
  write("savez", "images=n.zeros((3, 4, 4), u), labels=n.zeros(3)");
  EXPECT_THAT(error(), HasSubstr("must be integers"));
  write("savez", "images=n.asfortranarray(n.zeros((3, 4, 4), u)), labels=n.zeros(3, int)");
  EXPECT_THAT(error(), HasSubstr("numpy.ascontiguousarray"));
  std::filesystem::remove(file());
  EXPECT_THAT(error(), HasSubstr("cannot open "));
}

TEST_F(NpzTest, RefusesDamagedFiles) {
  write("savez_compressed", "images=n.arange(48, dtype=u).reshape(3, 4, 4), labels=n.zeros(3, u)");
  const Bytes whole = bytes();
  const DataSet expected = read_npz_data_set(file());
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    write_file(file(), Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_THROW(read_npz_data_set(file()), Error) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10U;
    write_file(file(), damaged);
    try {  // what neither size nor checksum covers, such as times, may differ
      EXPECT_EQ(read_npz_data_set(file()).train.pixels, expected.train.pixels) << at;
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace mimar::trainer
