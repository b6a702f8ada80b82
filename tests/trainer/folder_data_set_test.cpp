#include "trainer/folder_data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stb_image_write.h>

#include "base/error.h"
#include "tests/trainer/tiny_data.h"

namespace mimar::trainer {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

class ImageFolder : public testing::Test {
 protected:
  fs::path dir() const { return folder_.path() / "data"; }

  /// Writes a PNG of `channels` values a pixel, row by row.
  void write_png(const std::string& name, int height, int width, int channels,
                 const Bytes& pixels) const {
    const fs::path file = dir() / name;
    fs::create_directories(file.parent_path());
    ASSERT_NE(
        stbi_write_png(file.c_str(), width, height, channels, pixels.data(), width * channels), 0);
  }

  void write_grey(const std::string& name, std::uint8_t value, int height = 2,
                  int width = 3) const {
    write_png(name, height, width, 1, Bytes(static_cast<std::size_t>(height * width), value));
  }

  std::string error(const std::optional<ImageSize>& resize = std::nullopt) const {
    try {
      read_data_set(dir(), DataSetKind::kFolder, resize);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder folder_;
};

TEST_F(ImageFolder, NumbersClassesByNameAndReadsFilesInTheirOrder) {
  write_grey("train/shoe/b.png", 3);
  write_grey("train/shoe/a.png", 2);
  write_grey("train/bag/z.PNG", 1);
  write_grey("test/shoe/t.png", 9);
  std::ofstream(dir() / "train/bag/notes.txt") << "no image";
  const DataSet data = read_data_set(dir(), DataSetKind::kAuto);
  EXPECT_EQ(data.name, "folder");
  EXPECT_EQ(data.classes, 2);
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 1));
  EXPECT_EQ(data.train.channels, 1);
  EXPECT_EQ(data.train.height, 2);
  EXPECT_EQ(data.train.width, 3);
  EXPECT_THAT(data.train.pixels, ElementsAre(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3));
  EXPECT_THAT(data.test.labels, ElementsAre(1));
  EXPECT_THAT(data.test.pixels, Each(9));
}

TEST_F(ImageFolder, LaysColoursOutAsPlanesAndMakesGreyOnesColoured) {
  write_png("a/rgb.png", 1, 2, 3, {10, 20, 30, 11, 21, 31});
  write_png("b/alpha.png", 1, 2, 4, {40, 50, 60, 255, 41, 51, 61, 0});
  write_grey("b/grey.png", 7, 1, 2);
  const DataSet data = read_data_set(dir(), DataSetKind::kAuto);
  EXPECT_EQ(data.train.channels, 3);
  EXPECT_THAT(data.train.pixels, ElementsAre(10, 11, 20, 21, 30, 31,  //
                                             40, 41, 50, 51, 60, 61,  //
                                             7, 7, 7, 7, 7, 7));
  EXPECT_EQ(data.test.size(), 0);
}

TEST_F(ImageFolder, ReadsJpeg) {
  write_grey("a/1.png", 0, 8, 8);
  const Bytes pixels(64, 200);
  fs::create_directories(dir() / "b");
  ASSERT_NE(stbi_write_jpg((dir() / "b/1.jpg").c_str(), 8, 8, 1, pixels.data(), 95), 0);
  const DataSet data = read_data_set(dir(), DataSetKind::kFolder);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(data.train.pixels[64 * 3 + i], 200, 3);
}

TEST_F(ImageFolder, ResizesOnRequestAndElseNamesTheImageThatIsOfAnotherSize) {
  write_grey("a/1.png", 50, 4, 4);
  write_grey("b/2.png", 90, 8, 2);
  EXPECT_THAT(error(), HasSubstr("2.png: an image of 8 x 2 pixels, but "));
  EXPECT_THAT(error(), HasSubstr("--image-size=4,4 resizes all"));
  const DataSet data =
      read_data_set(dir(), DataSetKind::kFolder, ImageSize{.height = 3, .width = 5});
  EXPECT_EQ(data.train.image_bytes(), 15);
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(data.train.pixels[i], i < 15 ? 50 : 90) << "an even image stays even";
  }
}

TEST_F(ImageFolder, SaysWhatIsWrong) {
  write_grey("train/a/1.png", 1);
  EXPECT_THAT(error(), HasSubstr("there must be one for each class, two at least"));
  fs::create_directories(dir() / "train/b");
  EXPECT_THAT(error(), HasSubstr("train/b: no .png, .jpg, .jpeg or .bmp file in it"));
  std::ofstream(dir() / "train/b/broken.png") << "not a picture";
  EXPECT_THAT(error(), HasSubstr("broken.png: no image that can be read"));
  write_grey("train/b/broken.png", 2);
  EXPECT_EQ(error(), "no error");
  write_grey("test/c/1.png", 2);
  EXPECT_THAT(error(), HasSubstr("test/c: a class that no training images are of"));
}

TEST_F(ImageFolder, NamesACutFile) {
  write_grey("a/1.png", 1, 40, 40);
  write_grey("b/1.png", 2, 40, 40);
  const fs::path file = dir() / "b/1.png";
  fs::resize_file(file, fs::file_size(file) - 20);
  EXPECT_THAT(error(), HasSubstr("b/1.png: no image that can be read"));
}

TEST_F(ImageFolder, TakesImageSizeForFoldersOnly) {
  fs::create_directories(dir());
  write_bars_data_set(dir());
  try {
    read_data_set(dir(), DataSetKind::kAuto, ImageSize{.height = 3, .width = 3});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--image-size is for folders of images"));
  }
}

}  // namespace
}  // namespace mimar::trainer
